import { describe, expect, it } from "vitest"
import { AGENT_SCOPES, WORKER_SCOPES } from "@/lib/queries/account"
import { scopeHint, scopeLabel } from "../../src/features/settings/scope-words"

describe("scopes of keys", () => {
  it("has a name and a hint for each", () => {
    for (const scope of [...AGENT_SCOPES, ...WORKER_SCOPES]) {
      expect(scopeLabel(scope)).not.toBe(scope)
      expect(scopeHint(scope)).toMatch(/\.$/)
    }
  })

  it("shows one of a later server as it is", () => {
    expect(scopeLabel("later:scope")).toBe("later:scope")
    expect(scopeHint("later:scope")).toBeUndefined()
  })
})
