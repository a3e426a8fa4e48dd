import { Alert, Badge, Button, Group, NativeSelect, PasswordInput, Stack, TextInput } from "@mantine/core"
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

/** A broker's key and secret. They go into the file and are never shown again. */
export function Credentials({ settings }: { settings: Settings }) {
  const saving = useSave()
  const [broker, setBroker] = useState("kite")
  const [key, setKey] = useState("")
  const [secret, setSecret] = useState("")
  const submit = (event: FormEvent) => {
    event.preventDefault()
    saving.mutate(
      { [`${broker}_api_key`]: key.trim(), [`${broker}_api_secret`]: secret.trim() },
      {
        onSuccess: () => {
          setKey("")
          setSecret("")
        },
      },
    )
  }
  return (
    <Section
      title="Broker credentials"
      note="They stay in the agent's file, mode 600, and never go to the cloud."
    >
      <Group gap={6} mb="sm">
        {BROKERS.map(({ value, label }) => {
          const isSet =
            settings.credentials[`${value}_api_key`] && settings.credentials[`${value}_api_secret`]
          return (
            <Badge key={value} color={isSet ? "green" : "gray"}>
              {label}: {isSet ? "set" : "not set"}
            </Badge>
          )
        })}
      </Group>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <div className={classes.fields}>
            <NativeSelect
              label="Broker"
              data={BROKERS}
              value={broker}
              onChange={(event) => setBroker(event.currentTarget.value)}
            />
            <TextInput
              label="API key"
              autoComplete="off"
              value={key}
              onChange={(event) => setKey(event.currentTarget.value)}
            />
            <PasswordInput
              label="API secret"
              autoComplete="off"
              value={secret}
              onChange={(event) => setSecret(event.currentTarget.value)}
            />
          </div>
          {saving.error && (
            <Alert color="red" variant="light" role="alert">
              {reasonOf(saving.error)}
            </Alert>
          )}
          <div>
            <Button type="submit" loading={saving.isPending} disabled={!key.trim() || !secret.trim()}>
              Save the credentials
            </Button>
          </div>
        </Stack>
      </form>
    </Section>
  )
}
