import type { UploadedFile } from "@/lib/queries/uploads"

export const STATES: Record<UploadedFile["state"], { label: string; color: string }> = {
  preview: { label: "Ready", color: "iris" },
  importing: { label: "Importing", color: "iris" },
  done: { label: "Imported", color: "iris" },
  held: { label: "Held", color: "yellow" },
  rejected: { label: "Not imported", color: "red" },
  failed: { label: "Failed", color: "red" },
  removing: { label: "Being undone", color: "gray" },
}

/** The fields of a trade that a mapping can name, with the words for each. */
export const TRADE_FIELDS = [
  { field: "symbol", label: "Symbol", isNeeded: true },
  { field: "traded_on", label: "Date", isNeeded: true },
  { field: "side", label: "Buy or sell", isNeeded: true },
  { field: "quantity", label: "Quantity", isNeeded: true },
  { field: "price", label: "Price", isNeeded: true },
  { field: "at", label: "Time", isNeeded: false },
  { field: "trade_id", label: "Trade id", isNeeded: false },
  { field: "order_id", label: "Order id", isNeeded: false },
  { field: "isin", label: "ISIN", isNeeded: false },
  { field: "exchange", label: "Exchange", isNeeded: false },
  { field: "segment", label: "Segment", isNeeded: false },
  { field: "account", label: "Account", isNeeded: false },
  { field: "charges", label: "Charges", isNeeded: false },
] as const

export const KINDS = [
  { value: "tradebook", label: "Trades" },
  { value: "ledger", label: "Ledger" },
  { value: "cas", label: "Account statement" },
] as const

/** Whether every file can be imported as it is. */
export const canImport = (files: UploadedFile[]) => files.some((one) => one.state === "preview")

/** Whether a file states a total that its rows do not give. */
export const isOff = (file: UploadedFile) => (file.checks ?? []).some((one) => one.is_off)

/** The rows that cannot be read, as a table to download. */
export const errorRows = (file: UploadedFile) =>
  (file.rejected ?? []).map(({ row, column, reason }) => ({ Row: row, Column: column, Reason: reason }))

/** Where all rows of a stored upload that cannot be read are found; nothing for one without such rows. */
export const errorsLink = (file: UploadedFile) =>
  file.id && (file.rejected_rows ?? 0) > 0 ? `/api/uploads/${file.id}/errors.csv` : null
