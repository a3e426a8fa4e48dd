import { Badge, Button, Group, Skeleton, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useNavigate, useSearch } from "@tanstack/react-router"
import { age, date, plain } from "@tradertape/ui/format.ts"
import { KeyRound, Plus } from "lucide-react"
import { useMemo, useState } from "react"
import { Confirm } from "@/components/dialog/confirm"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import type { Column } from "@/components/table/column"
import { PlainTable } from "@/components/table/plain-table"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { accountCalls, type KeyRow, keysQuery } from "@/lib/queries/account"
import { useNow } from "@/lib/use-now"
import { NewTokenDialog } from "./new-token-dialog"

const query = keysQuery("worker")

/** The tokens that workers authenticate with: create, list, revoke. */
export function TokensTab() {
  const { data, error, isPending, refetch } = useQuery({ ...query, refetchInterval: 15_000 })
  const { isNew: isCreating = false } = useSearch({ from: "/frame/workers" })
  const navigate = useNavigate({ from: "/workers" })
  const setCreating = (isNew: boolean) =>
    void navigate({ search: (old) => ({ ...old, isNew: isNew || undefined }), replace: true })
  if (isPending) return <Skeleton height={240} role="status" aria-busy aria-label="Loading tokens" />
  if (error && !data) return <ErrorState error={error} what="Your worker tokens" retry={refetch} />
  const create = (
    <Button leftSection={<Plus size={14} />} onClick={() => setCreating(true)}>
      New token
    </Button>
  )
  return (
    <Section
      title="Worker tokens"
      note="A worker authenticates with a token, which limits its scopes and paper accounts."
      flush
      action={data.length > 0 && create}
    >
      {data.length === 0 ? (
        <EmptyState icon={<KeyRound size={30} />} title="No token yet" action={create}>
          A token is a worker's password. It is shown once, stored as a hash, and can be revoked at any
          moment.
        </EmptyState>
      ) : (
        <Tokens rows={data} />
      )}
      <NewTokenDialog opened={isCreating} onClose={() => setCreating(false)} />
    </Section>
  )
}

function Tokens({ rows }: { rows: KeyRow[] }) {
  const client = useQueryClient()
  const now = useNow()
  const [selected, setSelected] = useState<KeyRow | null>(null)
  const revoking = useMutation({
    mutationFn: (id: number) => accountCalls.revokeKey("worker", id),
    onSuccess: () => {
      notifyDone("The token is revoked")
      return client.invalidateQueries({ queryKey: query.queryKey })
    },
    onError: (failure) => notifyFailure("The token was not revoked", failure),
    onSettled: () => setSelected(null),
  })
  const columns = useMemo(() => tokenColumns(now, setSelected), [now])
  return (
    <>
      <PlainTable
        label="Worker tokens"
        rows={rows}
        columns={columns}
        rowKey={(row) => String(row.id)}
        minWidth={1040}
      />
      <Confirm
        opened={selected !== null}
        onClose={() => setSelected(null)}
        title={`Revoke “${selected?.label ?? ""}”?`}
        verb="Revoke"
        isBusy={revoking.isPending}
        onConfirm={() => selected && revoking.mutate(selected.id)}
      >
        Workers using this token lose access immediately. Their runs stay open and their protection stays
        active.
      </Confirm>
    </>
  )
}

/** A list in a cell: its first entry and the number of others. */
function Listed({ items, none }: { items: string[]; none: string }) {
  if (items.length === 0) return <span className="tt-muted">{none}</span>
  const others = items.length - 1
  return <span title={items.join(", ")}>{others > 0 ? `${items[0]} and ${others} more` : items[0]}</span>
}

/** "8%, options 60%"; empty without any. */
function bandsOf({ price_band_pct: band, option_price_band_pct: optionBand }: KeyRow): string {
  const parts = [band && `${plain(band)}%`, optionBand && `options ${plain(optionBand)}%`]
  return parts.filter(Boolean).join(", ")
}

function tokenColumns(now: Date, onRevoke: (row: KeyRow) => void): Column<KeyRow>[] {
  return [
    {
      id: "label",
      header: "Token",
      isText: true,
      value: (row) => row.label,
      cell: (row) => (
        <>
          {row.label}{" "}
          <Text component="span" size="xs" c="dimmed" ff="monospace">
            {row.prefix}…
          </Text>
        </>
      ),
    },
    {
      id: "scopes",
      header: "Scopes",
      isText: true,
      value: (row) => row.scopes.join(" "),
      cell: (row) => (
        <Group gap={4} wrap="nowrap">
          {row.scopes.map((scope) => (
            <Badge key={scope} color="gray">
              {scope}
            </Badge>
          ))}
        </Group>
      ),
    },
    {
      id: "accounts",
      header: "Accounts",
      isText: true,
      value: (row) => row.account_scopes.join(" "),
      cell: (row) => <Listed items={row.account_scopes} none="all accounts" />,
    },
    {
      id: "addresses",
      header: "IP addresses",
      isText: true,
      value: (row) => row.allowed_ips.join(" "),
      cell: (row) => <Listed items={row.allowed_ips} none="anywhere" />,
    },
    {
      id: "band",
      header: "Price band",
      isText: true,
      value: (row) => row.price_band_pct ?? row.option_price_band_pct,
      cell: (row) => bandsOf(row) || <span className="tt-muted">as the run sets it</span>,
    },
    {
      id: "used",
      header: "Last used",
      isText: true,
      value: (row) => row.last_used_at,
      cell: (row) =>
        row.last_used_at ? age(row.last_used_at, now) : <span className="tt-muted">never</span>,
    },
    {
      id: "made",
      header: "Created",
      isText: true,
      value: (row) => row.created_at,
      cell: (row) => date(row.created_at),
    },
    {
      id: "ends",
      header: "Expires",
      isText: true,
      value: (row) => row.expires_at,
      cell: (row) => (row.expires_at ? date(row.expires_at) : "no expiry"),
    },
    {
      id: "revoke",
      header: <span className="tt-hidden">Revoke</span>,
      isPinned: true,
      value: () => null,
      cell: (row) => (
        <Button
          variant="subtle"
          color="red"
          size="compact-xs"
          onClick={() => onRevoke(row)}
          aria-label={`Revoke ${row.label}`}
        >
          Revoke
        </Button>
      ),
    },
  ]
}
