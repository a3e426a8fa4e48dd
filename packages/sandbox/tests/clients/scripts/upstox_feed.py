"""Upstox's market streamer against the sandbox."""

import upstox_client
import websocket
from reporting import Reporter, wait_until
from upstox_client.feeder import market_data_feeder_v3 as feeder
from upstox_common import INFY, NIFTY, ROOT, signed_in

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
    streamer.disconnect()


main()
