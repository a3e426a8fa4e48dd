"""A frame of Kite's ticker: ours into columns beside the official client's, packet by packet.

3,000 instruments in mode full, in one frame of 3,000 packets and in sixty of 50. One run, one core,
processor time; ours reads every field, prices in rupees, and the depth. Demands the same values,
and for the large frame at least 100 times the speed of the official client.
"""

from __future__ import annotations

import json
import random
import struct
import subprocess
import sys
import time
from pathlib import Path

from tradertape_brokers.kite.packets import read_frame

PYTHON = Path(__file__).parents[1] / ".tools/clients/bin/python"
INSTRUMENTS, LEAST = 3_000, 100.0
PRICES = ("last_price", "average_price", "open", "high", "low", "close")
NUMBERS = ("last_quantity", "volume", "buy_quantity", "sell_quantity", "last_trade_time", "oi")
NUMBERS += ("oi_high", "oi_low", "exchange_time")

THEIRS = """
import json, sys, time
from kiteconnect import KiteTicker
ticker = KiteTicker("key", "token")
data = open(sys.argv[1], "rb").read()
size = int(sys.argv[2])
frames = [data[i:i + size] for i in range(0, len(data), size)]
best, ticks = 1e9, []
for _ in range(5):
    start = time.process_time()
    ticks = [tick for frame in frames for tick in ticker._parse_binary(frame)]
    best = min(best, time.process_time() - start)
total = sum(t["last_price"] + t["depth"]["sell"][4]["price"] for t in ticks)
print(json.dumps({"s": best, "sum": total}))
"""


def frames(packets: int) -> list[bytes]:
    """The market once round: every instrument in one packet, so many to a frame."""
    rng = random.Random(5)
    made: list[bytes] = []
    for first in range(0, INSTRUMENTS, packets):
        body = b""
        for number in range(first, first + packets):
            price = rng.randint(5_000, 500_000)
            body += struct.pack(">H16I", 184, number * 256 + 1, price, *([price] * 14))
            body += b"".join(
                struct.pack(">IIHH", 10 + level, price + level, 3, 0) for level in range(10)
            )
        made.append(struct.pack(">H", packets) + body)
    return made


def ours(made: list[bytes]) -> tuple[float, float]:
    """Best seconds of processor time for all frames, and a sum to compare."""
    best, total = 1e9, 0.0
    for _ in range(30):
        start = time.process_time()
        total = 0.0
        for frame in made:
            for group in read_frame(frame).packets:
                columns = [group.prices(name) for name in PRICES]
                columns += [group.numbers(name) for name in NUMBERS]
                prices, _, _ = group.depth()
                total += float(columns[0].sum() + prices[:, 9].sum())
        best = min(best, time.process_time() - start)
    return best, total


def theirs(made: list[bytes]) -> tuple[float, float]:
    """The same of the official client, in its own environment."""
    path = Path(sys.argv[0]).with_suffix(".frames")
    path.write_bytes(b"".join(made))
    try:
        command = [str(PYTHON), "-c", THEIRS, str(path), str(len(made[0]))]
        said = json.loads(
            subprocess.run(command, capture_output=True, check=True, text=True).stdout
        )
    finally:
        path.unlink()
    return said["s"], said["sum"]


def main() -> int:
    """Print a line for each size of frame; 1 where the gate is missed."""
    met = True
    for packets in (INSTRUMENTS, 50):
        made = frames(packets)
        (mine, my_sum), (other, other_sum) = ours(made), theirs(made)
        assert abs(my_sum - other_sum) < 1e-6 * abs(other_sum), "the two read different values"
        ratio = other / mine
        if packets == INSTRUMENTS:
            met = ratio >= LEAST
        print(
            f"{INSTRUMENTS // packets:>3} frames of {packets:>5,} full packets: "
            f"ours {mine * 1e3:7.3f} ms, kiteconnect {other * 1e3:8.1f} ms: {ratio:6.0f} x"
        )
    print("gate: at least 100 x for the large frame:", "met" if met else "MISSED")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
