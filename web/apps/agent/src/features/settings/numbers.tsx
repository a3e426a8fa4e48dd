import { Alert, Button, NativeSelect, Stack, TextInput } from "@mantine/core"
import { Section } from "@tradertape/ui/components/section.tsx"
import { type FormEvent, useState } from "react"
import { reasonOf } from "@/lib/notify"
import type { Settings } from "@/lib/types"
import classes from "./settings.module.css"
import { useSave } from "./use-save"

const BROKERS = [
  { value: "kite", label: "Zerodha Kite" },
  { value: "upstox", label: "Upstox" },
  { value: "groww", label: "Groww" },
]

/** What takes a restart of the agent. */
export function Numbers({ settings, isLocal }: { settings: Settings; isLocal: boolean }) {
  const saving = useSave()
  const [primary, setPrimary] = useState<string>(settings.primary_broker)
  const [stop, setStop] = useState(String(settings.stop_loss_pct))
  const [poll, setPoll] = useState(String(settings.poll_interval))
  const changes = {
    ...(primary !== settings.primary_broker && { primary_broker: primary }),
    ...(stop !== String(settings.stop_loss_pct) && { stop_loss_pct: asNumber(stop) }),
    ...(poll !== String(settings.poll_interval) && { poll_interval: asNumber(poll) }),
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    saving.mutate(changes)
  }
  return (
    <Section
      title="Trading"
      note="Applies after a restart of the agent: the connection to a broker is made at its start."
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          <div className={classes.fields}>
            <NativeSelect
              label="Primary broker"
              description="Executes your signals"
              data={BROKERS}
              value={primary}
              disabled={!isLocal}
              onChange={(event) => setPrimary(event.currentTarget.value)}
            />
            <TextInput
              label="Stop loss (%)"
              description="Set at the broker after a purchase whose signal has no stop; 0 sets none"
              inputMode="decimal"
              value={stop}
              disabled={!isLocal}
              onChange={(event) => setStop(event.currentTarget.value)}
            />
            <TextInput
              label="Poll interval (s)"
              description="From 5 to 120"
              inputMode="numeric"
              value={poll}
              disabled={!isLocal}
              onChange={(event) => setPoll(event.currentTarget.value)}
            />
          </div>
          <div className="tt-muted">
            Cloud {settings.cloud_url}. File <code className={classes.file}>{settings.config}</code>
          </div>
          {saving.error && (
            <Alert color="red" variant="light" role="alert">
              {reasonOf(saving.error)}
            </Alert>
          )}
          {isLocal && (
            <div>
              <Button type="submit" loading={saving.isPending} disabled={Object.keys(changes).length === 0}>
                Save
              </Button>
            </div>
          )}
        </Stack>
      </form>
    </Section>
  )
}

/** A number where it is one; else as it is typed, for the agent to say what is wrong. */
function asNumber(text: string): number | string {
  const parsed = Number(text)
  return text.trim() !== "" && Number.isFinite(parsed) ? parsed : text
}
