/** Download a file created in the browser. */
export function download(name: string, href: string): void {
  const link = document.createElement("a")
  link.href = href
  link.download = name
  link.click()
}

type Cell = string | number | boolean | null | undefined

function cell(value: Cell): string {
  const plain = value === null || value === undefined ? "" : String(value)
  // Spreadsheets run such text as a formula; an apostrophe prevents it.
  const text = typeof value === "string" && /^[=+@\-\t\r\n]/.test(plain) ? `'${plain}` : plain
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Rows as RFC 4180 text; the keys of the first row are the header. */
export function toCsv(rows: readonly Record<string, Cell>[]): string {
  const first = rows[0]
  if (!first) return ""
  const names = Object.keys(first)
  return [names.join(","), ...rows.map((row) => names.map((name) => cell(row[name])).join(","))].join("\r\n")
}

export function downloadCsv(name: string, rows: readonly Record<string, Cell>[]): void {
  const url = URL.createObjectURL(new Blob([toCsv(rows)], { type: "text/csv;charset=utf-8" }))
  download(name, url)
  setTimeout(() => URL.revokeObjectURL(url), 1_000)
}
