const WORDS: Record<string, string> = {
  auto: "orders filled as the strategy enters",
  next_open: "orders filled at the next open",
  close: "orders filled at the close that decided them",
  gtt_touch: "orders filled when their trigger is touched",
}

/** How a backtest fills orders, in the words of the strategy's own description. */
export function fillWords(model: unknown): string {
  return WORDS[String(model)] ?? String(model ?? "")
}
