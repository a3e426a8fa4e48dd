import { Button, Modal, Stack, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { Section } from "@tradertape/ui/components/section.tsx"
import { age, date } from "@tradertape/ui/format.ts"
import { useEffect, useState } from "react"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { calls, devicesQuery } from "@/lib/queries"
import type { Device } from "@/lib/types"
import { useNow } from "@/lib/use-now"
import classes from "./settings.module.css"

/** Devices that may use this page from the network, and a code for another one. */
export function Devices({ isLocal }: { isLocal: boolean }) {
  const { data } = useQuery(devicesQuery)
  const client = useQueryClient()
  const pairing = useMutation({
    mutationFn: calls.newCode,
    onError: (error) => notifyFailure("No code was made", error),
  })
  const close = () => {
    pairing.reset()
    void client.invalidateQueries({ queryKey: devicesQuery.queryKey })
  }
  return (
    <Section
      title="Paired devices"
      note="Another device of your network sees only a pairing page until it is paired by a code that is shown here."
      action={
        isLocal && (
          <Button variant="default" loading={pairing.isPending} onClick={() => pairing.mutate()}>
            Pair a device
          </Button>
        )
      }
    >
      {data?.map((device) => (
        <Line key={device.id} device={device} />
      ))}
      {data?.length === 0 && <span className="tt-muted">None.</span>}
      {pairing.data && <Code code={pairing.data.code} lives_s={pairing.data.seconds} onClose={close} />}
    </Section>
  )
}

function Line({ device }: { device: Device }) {
  const client = useQueryClient()
  const now = useNow()
  const revoking = useMutation({
    mutationFn: () => calls.revoke(device.id),
    onSuccess: () => notifyDone(`${device.name} is revoked`),
    onError: (error) => notifyFailure("It is still paired", error),
    onSettled: () => client.invalidateQueries({ queryKey: devicesQuery.queryKey }),
  })
  return (
    <div className={classes.line}>
      <span>
        {device.name}
        <br />
        <span className="tt-muted">
          paired {date(device.paired_at)}, used {age(device.seen_at, now)}
        </span>
      </span>
      <Button
        variant="default"
        color="red"
        aria-label={`Revoke ${device.name}`}
        loading={revoking.isPending}
        onClick={() => revoking.mutate()}
      >
        Revoke
      </Button>
    </div>
  )
}

function Code({ code, lives_s, onClose }: { code: string; lives_s: number; onClose: () => void }) {
  const [left_s, setLeft] = useState(lives_s)
  useEffect(() => {
    const timer = setInterval(() => setLeft((left) => Math.max(left - 1, 0)), 1_000)
    return () => clearInterval(timer)
  }, [])
  return (
    <Modal opened onClose={onClose} title="Pair a device">
      <Stack gap="sm">
        <Text size="sm">
          On the other device open this machine's address, port {window.location.port || "80"}, and enter this
          code:
        </Text>
        <output className={classes.code} aria-label="Pairing code">
          {code}
        </output>
        <Text size="sm" c="dimmed">
          {left_s > 0
            ? `Valid for ${left_s} s, for one device.`
            : "It is no longer valid: close this and pair again."}
        </Text>
      </Stack>
    </Modal>
  )
}
