import type { KeyKind } from "@/lib/queries/account"

/** What the settings page says about one kind of key, and which scopes a new one starts with. */
export interface KeysProps {
  kind: KeyKind
  title: string
  note: string
  noun: string
  scopes: string[]
  usual: string[]
}
