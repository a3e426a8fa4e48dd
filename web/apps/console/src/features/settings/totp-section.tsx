import { Anchor, Badge, Button, Group, Skeleton, Stack, Text, TextInput } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { lazy, Suspense, useState } from "react"
import { CopyField } from "@/components/copy/copy-field"
import { Section } from "@/components/page/section"
import { failureText, notifyDone, notifyFailure } from "@/lib/notify"
import { accountCalls } from "@/lib/queries/account"
import { meQuery } from "@/lib/queries/auth"
import classes from "./settings.module.css"

const QrCode = lazy(() => import("@/components/copy/qr-code").then(({ QrCode }) => ({ default: QrCode })))

/** Two-factor authentication: a code is required to turn it on and off. */
export function TotpSection() {
  const { data: me } = useQuery(meQuery)
  const client = useQueryClient()
  const [isChanging, setChanging] = useState(false)
  const starting = useMutation({
    mutationFn: accountCalls.startTotp,
    onSuccess: () => setChanging(true),
    onError: (error) => notifyFailure("The second factor could not be set up", error),
  })
  const finish = (detail: string) => {
    setChanging(false)
    starting.reset()
    notifyDone(detail)
    void client.invalidateQueries({ queryKey: meQuery.queryKey })
  }
  const isOn = me?.totp_enabled ?? false
  return (
    <Section
      title="Second factor"
      note="A code from an authenticator app, required after the password or link."
      action={<Badge color={isOn ? "green" : "gray"}>{isOn ? "On" : "Off"}</Badge>}
    >
      <Stack gap="sm">
        {!isOn && starting.data && isChanging && (
          <>
            <Text size="sm">
              Scan this with your authenticator app, or{" "}
              <Anchor href={starting.data.uri}>open it in the app</Anchor> on this device, or type the key
              manually. Then enter the code it shows.
            </Text>
            <Suspense fallback={<Skeleton width={176} height={176} />}>
              <QrCode text={starting.data.uri} label="QR code of the key for an authenticator app" />
            </Suspense>
            <CopyField value={starting.data.secret} label="Key" />
            <CodeForm verb="Turn on" call={accountCalls.confirmTotp} onDone={finish} />
          </>
        )}
        {isOn && isChanging && <CodeForm verb="Turn off" call={accountCalls.disableTotp} onDone={finish} />}
        {!isChanging && (
          <Button
            variant="default"
            w="fit-content"
            loading={starting.isPending}
            onClick={() => (isOn ? setChanging(true) : starting.mutate())}
          >
            {isOn ? "Turn off" : "Set up"}
          </Button>
        )}
      </Stack>
    </Section>
  )
}

interface CodeProps {
  verb: string
  call: (code: string) => Promise<{ detail: string }>
  onDone: (detail: string) => void
}

function CodeForm({ verb, call, onDone }: CodeProps) {
  const [code, setCode] = useState("")
  const sending = useMutation({ mutationFn: () => call(code), onSuccess: ({ detail }) => onDone(detail) })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        sending.mutate()
      }}
    >
      <Group align="flex-start" gap={8} className={classes.narrow}>
        <TextInput
          size="xs"
          aria-label="Authenticator code"
          placeholder="6 digits"
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={7}
          required
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
          error={sending.error ? failureText(sending.error).message : undefined}
        />
        <Button type="submit" loading={sending.isPending}>
          {verb}
        </Button>
      </Group>
    </form>
  )
}
