import type { KeyKind } from "@/lib/queries/account"

/** Texts and scopes of one kind of key; `defaultScopes` are the default scopes of a new one. */
export interface KeysProps {
  kind: KeyKind
  title: string
  note: string
  noun: string
  scopes: string[]
  defaultScopes: string[]
}
