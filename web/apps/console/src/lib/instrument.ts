/** "NSE:INFY" → "INFY". */
export function symbolOf(instrument: string | null | undefined): string {
  return instrument?.split(":").at(-1) ?? ""
}
