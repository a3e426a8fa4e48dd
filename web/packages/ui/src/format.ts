/** All formatting of numbers, dates and amounts for display. */

import { isHidden, MASK } from "./discreet.ts"
import { areScaled } from "./scaled.ts"

export const MISSING = "–"
const IST = "Asia/Kolkata"
const LAKH = 1e5
const CRORE = 1e7

type Figure = number | string | null | undefined

/** Parse a number that may be a string; null if there is nothing to show. */
function figure(value: Figure): number | null {
  if (value === null || value === undefined || value === "") return null
  const parsed = typeof value === "number" ? value : Number(value)
  return Number.isFinite(parsed) ? parsed : null
}

const grouped = new Map<number, Intl.NumberFormat>()

function group(value: number, decimals: number): string {
  let format = grouped.get(decimals)
  if (!format) {
    format = new Intl.NumberFormat("en-IN", {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    })
    grouped.set(decimals, format)
  }
  const text = format.format(Math.abs(value))
  const isZero = !/[1-9]/.test(text)
  return value < 0 && !isZero ? `−${text}` : text
}

function withPlus(value: number, text: string): string {
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text
}

export function number(value: Figure, decimals = 0): string {
  const parsed = figure(value)
  return parsed === null ? MISSING : group(parsed, decimals)
}

/** A number with its own decimals: "90,000", "0.5". */
export function plain(value: Figure): string {
  const parsed = figure(value)
  return number(parsed, String(parsed).split(".")[1]?.length ?? 0)
}

/** "+1.25" or "−0.40": always with a sign. */
export function signed(value: Figure, decimals = 2): string {
  const parsed = figure(value)
  return parsed === null ? MISSING : withPlus(parsed, group(parsed, decimals))
}

/** Percent units in, so 12.5 reads "12.5%". */
export function percent(value: Figure, decimals = 1): string {
  const parsed = figure(value)
  return parsed === null ? MISSING : `${group(parsed, decimals)}%`
}

export function signedPercent(value: Figure, decimals = 1): string {
  const parsed = figure(value)
  return parsed === null ? MISSING : `${withPlus(parsed, group(parsed, decimals))}%`
}

/** The price of an instrument or an option: public, so it is never hidden. "1,450.50". */
export function price(value: Figure, decimals = 2): string {
  return number(value, decimals)
}

/** The same with the sign of the rupee, "₹89.45"; without it in discreet mode, where "₹" is never before a figure. */
export function unitPrice(value: Figure, decimals = 2): string {
  return isHidden() ? price(value, decimals) : realMoney(value, decimals)
}

function realMoney(value: Figure, decimals = 2): string {
  const parsed = figure(value)
  if (parsed === null) return MISSING
  const text = group(parsed, decimals)
  const sign = areScaled() ? "" : "₹"
  return text.startsWith("−") ? `−${sign}${text.slice(1)}` : `${sign}${text}`
}

function realSignedMoney(value: Figure, decimals = 0): string {
  const parsed = figure(value)
  return parsed === null ? MISSING : withPlus(parsed, realMoney(parsed, decimals))
}

function inLakhs(value: Figure, write: (value: number, decimals: number) => string): string {
  const parsed = figure(value)
  if (parsed === null) return MISSING
  const size = Math.abs(parsed)
  if (size >= CRORE) return `${write(parsed / CRORE, 2)} Cr`
  if (size >= LAKH) return `${write(parsed / LAKH, 2)} L`
  return write(parsed, 0)
}

const realMoneyShort = (value: Figure): string => inLakhs(value, realMoney)

const realQuantity = (value: Figure, decimals?: number): string =>
  decimals === undefined ? plain(value) : number(value, decimals)

/**
 * The same figures, never hidden: only for an order form and for what a confirmation is about to do, whose figures
 * somebody must be able to check (docs/decisions/0203).
 */
export const exact = {
  money: realMoney,
  signedMoney: realSignedMoney,
  moneyShort: realMoneyShort,
  quantity: realQuantity,
}

/** What discreet mode shows in place of a figure; a missing figure stays missing. */
function hiding<T extends unknown[]>(write: (value: Figure, ...rest: T) => string) {
  return (value: Figure, ...rest: T): string =>
    isHidden() && figure(value) !== null ? MASK : write(value, ...rest)
}

/** "₹1,04,321.50", grouped by lakh and crore; hidden in discreet mode. */
export const money = hiding(realMoney)

/** "+₹1,200"; hidden in discreet mode. */
export const signedMoney = hiding(realSignedMoney)

/** "₹12.40 L", "₹3.05 Cr", "₹9,500": for axes, cards and headlines; hidden in discreet mode. */
export const moneyShort = hiding(realMoneyShort)

/** Units that somebody holds, bought or ordered, with their own decimals: "90,000"; hidden in discreet mode. */
export const quantity = hiding(realQuantity)

/** A difference in units, "+12"; hidden in discreet mode. */
export const signedQuantity = hiding((value: Figure): string => signed(value, 0))

/** An amount in a column whose header has the sign, "1,04,321.50", or a Greek in rupees; hidden in discreet mode. */
export const bareMoney = hiding(number)

/** The market's units in short form, which are public: "17.04 L", "3.05 Cr", "9,500". */
export function unitsShort(value: Figure): string {
  return inLakhs(value, number)
}

/** A sentence about the market or a strategy, whose figures are public: in discreet mode without the rupee signs. */
export function marketText(text: string): string {
  return isHidden() ? text.replaceAll("₹", "") : text
}

const WHEN = new RegExp(
  [
    String.raw`\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*(?: \d{4})?`,
    String.raw`\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?`,
    String.raw`\b\d{2}/\d{2}/\d{4}`,
    String.raw`\b\d{1,2}:\d{2}(?::\d{2})?\b`,
  ].join("|"),
  "g",
)
const DIGITS = String.raw`\d+(?:,\d+)*(?:\.\d+)?`
const FIGURES = new RegExp(
  [
    String.raw`[−+-]?(?:₹|\bRs\.?|\bINR)\s?[−-]?${DIGITS}(?:\s?(?:L|Cr|lakh|crore)\b)?`,
    String.raw`(?<![\w.,#]|[A-Z]:)[−+-]?${DIGITS}(?![\w%]|[.,]\d|\s?%)`,
  ].join("|"),
  "g",
)

/**
 * A sentence that came with its figures in it, from the server, a broker or a person. It does not say which of them
 * are amounts, so discreet mode hides all but percentages, dates, times and what belongs to a name. On a page of scaled
 * figures it has no sign of the rupee.
 */
export function discreet(text: string): string
export function discreet(text: string | null | undefined): string | null | undefined
export function discreet(text: string | null | undefined): string | null | undefined {
  if (text && areScaled()) return hidden(text.replaceAll("₹", ""))
  return text && hidden(text)
}

function hidden(text: string): string {
  if (!isHidden()) return text
  const times = text.match(WHEN) ?? []
  const parts = text.split(WHEN).map((part) => part.replace(FIGURES, MASK))
  return parts.map((part, place) => part + (times[place] ?? "")).join("")
}

/** Accounts at brokers in a text: an agent sends a hash in place of the client id, "Kite account 3f2a". */
export const accountName = (text: string): string => named(text, "account")

/** Folios of funds in a text, likewise: "folio 3f2a". */
export const folioName = (text: string): string => named(text, "folio")

const named = (text: string, what: string): string =>
  text.replace(/\b[0-9a-f]{16}\b/g, (hash) => `${what} ${hash.slice(0, 4)}`)

const day = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
})
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: IST })
const istDay = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: IST,
})

/** A trading date, "2026-11-20" → "20 Nov 2026". It has no time zone to convert. */
export function date(value: string | null | undefined): string {
  if (!value) return MISSING
  const parsed = new Date(`${value.slice(0, 10)}T00:00:00Z`)
  return Number.isNaN(parsed.getTime()) ? MISSING : day.format(parsed).replace("Sept", "Sep")
}

/** An instant in Indian time: "20 Nov 2026, 15:30 IST". */
export function instant(value: string | null | undefined): string {
  if (!value) return MISSING
  const parsed = new Date(value)
  if (Number.isNaN(parsed.getTime())) return MISSING
  return `${istDay.format(parsed).replace("Sept", "Sep")}, ${clock.format(parsed)} IST`
}

const toTheSecond = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZone: IST,
})

/** An instant in a list whose header says IST: "20 Nov, 15:30:05". */
export function moment(value: string | null | undefined): string {
  if (!value) return MISSING
  const parsed = new Date(value)
  return Number.isNaN(parsed.getTime()) ? MISSING : toTheSecond.format(parsed).replace("Sept", "Sep")
}

const AGES: [limit_s: number, unit_s: number, word: string][] = [
  [3_600, 60, "min"],
  [86_400, 3_600, "h"],
  [86_400 * 45, 86_400, "d"],
  [86_400 * 540, 86_400 * 30, "mo"],
  [Number.POSITIVE_INFINITY, 86_400 * 365, "y"],
]

/** The age of an instant relative to `now`: "just now", "4 min ago", "3 d ago". */
export function age(value: string | null | undefined, now: Date): string {
  if (!value) return MISSING
  const passed_s = (now.getTime() - new Date(value).getTime()) / 1_000
  if (Number.isNaN(passed_s)) return MISSING
  if (passed_s < 60) return "just now"
  for (const [limit_s, unit_s, word] of AGES) {
    if (passed_s < limit_s) return `${Math.floor(passed_s / unit_s)} ${word} ago`
  }
  return MISSING
}

/** A duration in milliseconds: 640 → "0.6 s", 75_000 → "1 min 15 s". */
export function duration(value_ms: Figure): string {
  const parsed = figure(value_ms)
  if (parsed === null) return MISSING
  if (parsed < 60_000) return `${group(parsed / 1_000, parsed < 10_000 ? 1 : 0)} s`
  const seconds = Math.round(parsed / 1_000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

/** 1 → "Jan". */
export function month(value: number): string {
  return MONTHS[value - 1] ?? MISSING
}

/** "stop_gap" or "MAX_POSITIONS" → "Stop gap", "Max positions". */
export function words(code: string | null | undefined): string {
  if (!code) return MISSING
  const text = code.replace(/[_-]+/g, " ").trim().toLowerCase()
  return sentence(text)
}

/** With a capital at its beginning: "the stop" → "The stop". An address stays as it is. */
export function sentence(text: string): string {
  if (/^\w+:\/\//.test(text)) return text
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** "1 trade", "12 trades". */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${group(value, 0)} ${value === 1 ? one : many}`
}
