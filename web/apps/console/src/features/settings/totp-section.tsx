import { Anchor, Badge, Button, Group, Skeleton, Stack, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { count } from "@tradertape/ui/format.ts"
import { lazy, Suspense, useState } from "react"
import { CopyField } from "@/components/copy/copy-field"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { accountCalls, totpQuery } from "@/lib/queries/account"
import { meQuery } from "@/lib/queries/auth"
import { CodeForm } from "./code-form"
import { RecoveryCodesDialog } from "./recovery-codes"

const QrCode = lazy(() => import("@/components/copy/qr-code").then(({ QrCode }) => ({ default: QrCode })))

type Change = "off" | "renew" | null

/** Two-factor authentication: a code is required to turn it on and off, and for new recovery codes. */
export function TotpSection() {
  const { data, error, refetch } = useQuery(totpQuery)
  const client = useQueryClient()
  const [change, setChange] = useState<Change>(null)
  const [codes, setCodes] = useState<string[] | null>(null)
  const finish = (detail: string, fresh: string[] | null) => {
    setChange(null)
    setCodes(fresh)
    notifyDone(detail)
    void client.invalidateQueries({ queryKey: totpQuery.queryKey })
    void client.invalidateQueries({ queryKey: meQuery.queryKey })
  }
  if (error && !data)
    return <ErrorState error={error} what="Two-factor authentication" retry={() => void refetch()} />
  if (!data) return <Skeleton height={120} />
  return (
    <Section
      title="Two-factor authentication"
      note="A code from an authenticator app, required after the password or link."
      action={<Badge color={data.enabled ? "green" : "gray"}>{data.enabled ? "On" : "Off"}</Badge>}
    >
      {!data.enabled && <SetUp onDone={finish} />}
      {data.enabled && change === null && <State left={data.recovery_codes_left} onChange={setChange} />}
      {data.enabled && change === "off" && (
        <CodeForm
          verb="Turn off"
          takesRecovery
          call={accountCalls.disableTotp}
          onDone={({ detail }) => finish(detail, null)}
          onCancel={() => setChange(null)}
        />
      )}
      {data.enabled && change === "renew" && (
        <CodeForm
          verb="Create new codes"
          takesRecovery
          call={accountCalls.renewRecoveryCodes}
          onDone={({ detail, recovery_codes }) => finish(detail, recovery_codes)}
          onCancel={() => setChange(null)}
        />
      )}
      {codes && <RecoveryCodesDialog codes={codes} onClose={() => setCodes(null)} />}
    </Section>
  )
}

function State({ left, onChange }: { left: number; onChange: (change: Change) => void }) {
  return (
    <Stack gap="sm">
      <Text size="sm" className={left < 3 ? "tt-warn" : undefined}>
        {left === 0
          ? "No recovery codes are left. Create new ones, so that a lost phone does not lock you out."
          : `${count(left, "recovery code")} left, for a lost phone. Each works once.`}
      </Text>
      <Group gap={8}>
        <Button variant="default" onClick={() => onChange("renew")}>
          New recovery codes
        </Button>
        <Button variant="default" onClick={() => onChange("off")}>
          Turn off
        </Button>
      </Group>
    </Stack>
  )
}

function SetUp({ onDone }: { onDone: (detail: string, codes: string[]) => void }) {
  const starting = useMutation({
    mutationFn: accountCalls.startTotp,
    onError: (error) => notifyFailure("Two-factor authentication could not be set up", error),
  })
  if (!starting.data)
    return (
      <Button
        variant="default"
        w="fit-content"
        loading={starting.isPending}
        onClick={() => starting.mutate()}
      >
        Set up
      </Button>
    )
  return (
    <Stack gap="sm">
      <Text size="sm">
        Scan this with your authenticator app, or{" "}
        <Anchor href={starting.data.uri} underline="always">
          open it in the app
        </Anchor>{" "}
        on this device, or type the key manually. Then enter the code it shows.
      </Text>
      <Suspense fallback={<Skeleton width={176} height={176} />}>
        <QrCode text={starting.data.uri} label="QR code of the key for an authenticator app" />
      </Suspense>
      <CopyField value={starting.data.secret} label="Key" />
      <CodeForm
        verb="Turn on"
        call={accountCalls.confirmTotp}
        onDone={({ detail, recovery_codes }) => onDone(detail, recovery_codes)}
      />
    </Stack>
  )
}
