import { afterEach, describe, expect, test, vi } from "vitest"
import { loginChecksum, sha256Hex, timedChecksum } from "@/lib/brokers/checksum"

/** FIPS 180-4, and one from `sha256sum` of the three parts joined. */
const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
const KITE = "c68086b59499d1f6e75d0f6bdd57eb2c320136c0d47494aae1b0da40218e1cfc"

afterEach(() => vi.unstubAllGlobals())

describe.each(["with Web Crypto", "without it, as on http addresses of other machines"])("%s", (name) => {
  const isWithout = name.startsWith("without")

  test("a text has the SHA-256 of the standard", async () => {
    if (isWithout) vi.stubGlobal("crypto", {})
    expect(await sha256Hex("abc")).toBe(ABC)
    expect(await sha256Hex("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  })

  test("a login's checksum is that of API key, code and secret, in this order", async () => {
    if (isWithout) vi.stubGlobal("crypto", {})
    expect(await loginChecksum("sandbox", "request-token", "sandbox-secret")).toBe(KITE)
  })

  test("a timed checksum is that of secret and seconds", async () => {
    if (isWithout) vi.stubGlobal("crypto", {})
    expect(await timedChecksum("s3cret", 1_700_000_000)).toBe(await sha256Hex("s3cret1700000000"))
  })
})
