"""Upstox's market streamer against the sandbox."""

import json

import upstox_client
import websocket
from reporting import Reporter, wait_until
from upstox_client.feeder import market_data_feeder_v3 as feeder
from upstox_client.feeder.portfolio_data_feeder import PortfolioDataFeeder
from upstox_client.rest import ApiException
from upstox_common import INFY, NIFTY, ROOT, body, signed_in

report = Reporter()


class LocalSocket(websocket.WebSocketApp):
    """The client's address is a literal: only its host is replaced."""

    def __init__(self, url, **more):
        local = ROOT.replace("http", "ws", 1)
        super().__init__(url.replace("wss://api.upstox.com", local), **more)


def feeds(messages, key):
    return [one["feeds"][key] for one in messages if key in one.get("feeds", {})]


def main():
    feeder.websocket.WebSocketApp = LocalSocket
    api = signed_in()
    report.call(
        "get_market_data_feed_authorize_v3",
        upstox_client.WebsocketApi(api).get_market_data_feed_authorize_v3,
        lambda r: "/upstox/feed?code=" in r.data.authorized_redirect_uri,
    )
    messages = []
    streamer = upstox_client.MarketDataStreamerV3(api, [INFY], "ltpc")
    streamer.on("message", messages.append)
    streamer.connect()
    arrived = wait_until(lambda: feeds(messages, INFY))
    report.say("connect", arrived, str(messages[:2])[:300])
    first = messages[0] if messages else {}
    report.say(
        "the market's status comes first",
        first.get("type") == "market_info"
        and first["marketInfo"]["segmentStatus"]["NSE_EQ"] == "NORMAL_OPEN",
        str(first)[:300],
    )
    shown = feeds(messages, INFY)
    report.say("ltpc", bool(shown) and shown[0]["ltpc"]["ltp"] > 0, str(shown[:1]))
    streamer.subscribe([NIFTY], "full")
    wait_until(lambda: feeds(messages, NIFTY))
    shown = feeds(messages, NIFTY)
    report.say("subscribe", bool(shown) and "indexFF" in shown[0]["fullFeed"], str(shown[:1]))
    streamer.change_mode([INFY], "full")
    arrived = wait_until(lambda: any("fullFeed" in one for one in feeds(messages, INFY)))
    full = [one["fullFeed"]["marketFF"] for one in feeds(messages, INFY) if "fullFeed" in one]
    report.say(
        "change_mode",
        arrived and len(full[0]["marketLevel"]["bidAskQuote"]) == 5,
        str(full[:1])[:300],
    )
    count = len(feeds(messages, INFY))
    live = wait_until(lambda: len(feeds(messages, INFY)) > count)
    report.say("live ticks", live, f"{count} before")
    streamer.unsubscribe([INFY])
    before = len(feeds(messages, NIFTY))
    wait_until(lambda: len(feeds(messages, NIFTY)) >= before + 1)
    count, before = len(feeds(messages, INFY)), len(feeds(messages, NIFTY))
    wait_until(lambda: len(feeds(messages, NIFTY)) >= before + 2)
    report.say("unsubscribe", len(feeds(messages, INFY)) == count, f"{count} messages")
    closed = []
    streamer.on("close", lambda *terms: closed.append(terms))
    streamer.disconnect()
    # Its reader notices a socket that another thread closed after up to ten seconds.
    report.say("disconnect", wait_until(lambda: closed, 25), str(closed))
    modes(api)
    portfolio(api)
    expiry(api)


def modes(api):
    chain = upstox_client.OptionsApi(api)
    option = chain.get_option_contracts(NIFTY).data[0].instrument_key
    messages = []
    streamer = upstox_client.MarketDataStreamerV3(api, [option], "option_greeks")
    streamer.on("message", messages.append)
    streamer.connect()
    wait_until(lambda: feeds(messages, option))
    shown = feeds(messages, option)
    report.say(
        "option_greeks",
        bool(shown) and "optionGreeks" in shown[0].get("firstLevelWithGreeks", {}),
        str(shown[:1])[:300],
    )
    streamer.change_mode([option], "full_d30")
    arrived = wait_until(lambda: any("fullFeed" in one for one in feeds(messages, option)))
    full = [one["fullFeed"]["marketFF"] for one in feeds(messages, option) if "fullFeed" in one]
    report.say(
        "full_d30",
        arrived and len(full[0]["marketLevel"]["bidAskQuote"]) == 30,
        str(full[:1])[:300],
    )
    streamer.disconnect()


def portfolio(api):
    sockets = upstox_client.WebsocketApi(api)
    report.call(
        "get_portfolio_stream_feed_authorize",
        lambda: sockets.get_portfolio_stream_feed_authorize("2.0", position_update=True),
        lambda r: "/upstox/feed/portfolio?code=" in r.data.authorized_redirect_uri,
    )
    report.fails(
        "get_market_data_feed_authorize",
        lambda: sockets.get_market_data_feed_authorize("2.0"),
        ApiException,
        "discontinued",
    )
    literal = PortfolioDataFeeder.get_websocket_url
    PortfolioDataFeeder.get_websocket_url = lambda self: literal(self).replace(
        "wss://api.upstox.com", ROOT.replace("http", "ws", 1)
    )
    messages, opened = [], []
    streamer = upstox_client.PortfolioDataStreamer(
        api, order_update=True, position_update=True, holding_update=True, gtt_update=True
    )
    streamer.on("open", lambda: opened.append(1))
    streamer.on("message", lambda text: messages.append(json.loads(text)))
    streamer.connect()
    wait_until(lambda: opened)
    order = upstox_client.PlaceOrderRequest(**body("MARKET", product="I", tag="feed"))
    upstox_client.OrderApi(api).place_order(order, "2.0")
    arrived = wait_until(
        lambda: (
            any(one.get("status") == "complete" for one in messages)
            and any(one["update_type"] == "position" for one in messages)
        )
    )
    report.say("PortfolioDataStreamer", arrived, str(messages)[:300])
    streamer.disconnect()
    upstox_client.OrderApi(api).exit_positions(tag="feed")


def expiry(api):
    errors, stopped = [], []
    streamer = upstox_client.MarketDataStreamerV3(api, [INFY], "ltpc")
    streamer.on("error", errors.append)
    streamer.on("autoReconnectStopped", stopped.append)
    upstox_client.LoginApi(api).logout("2.0")
    streamer.connect()
    wait_until(lambda: errors)
    report.say("a feed after logout", "401" in str(errors[:1]), f"{errors} {stopped}"[:300])


main()
