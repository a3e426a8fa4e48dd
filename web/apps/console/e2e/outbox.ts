import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { expect } from "@playwright/test"

/** The folder to which the server under test writes e-mails. */
function outbox(): string {
  const folder = process.env.TRADERTAPE_OUTBOX
  if (!folder) throw new Error("Set TRADERTAPE_OUTBOX to the outbox folder of the server under test.")
  return folder
}

/** Decode the quoted-printable text of an e-mail. */
function plain(mail: string): string {
  return mail
    .replace(/=\r?\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

async function mailTo(address: string): Promise<string> {
  // The server makes the folder for its first mail, which is sent after the reply.
  const names = (await readdir(outbox()).catch(() => []))
    .filter((name) => name.endsWith(".eml"))
    .sort()
    .reverse()
  for (const name of names) {
    const mail = plain(await readFile(join(outbox(), name), "utf8"))
    if (mail.toLowerCase().includes(address.toLowerCase())) return mail
  }
  return ""
}

/** The sign-in link and code sent to an address. */
export async function signInMail(address: string): Promise<{ path: string; code: string }> {
  await expect
    .poll(() => mailTo(address), { message: `a mail to ${address}` })
    .toContain("/sign-in/verify?token=")
  const mail = await mailTo(address)
  const path = /\/sign-in\/verify\?token=[\w-]+/.exec(mail)?.[0] ?? ""
  const code = /sign-in page: (\d{3})\s?(\d{3})\b/.exec(mail)
  if (!code) throw new Error(`The e-mail to ${address} has no 6-digit code:\n${mail}`)
  return { path, code: `${code[1]}${code[2]}` }
}
