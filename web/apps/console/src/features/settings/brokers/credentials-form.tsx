import { Anchor, Button, Checkbox, Group, PasswordInput, Stack, Text, TextInput } from "@mantine/core"
import { useForm } from "@mantine/form"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { CopyField } from "@/components/copy/copy-field"
import { Failure } from "@/components/states/failure"
import { keepSecret } from "@/lib/brokers/secrets"
import { notifyDone } from "@/lib/notify"
import { meQuery } from "@/lib/queries/auth"
import { type BrokerRow, brokerCalls, brokersQuery } from "@/lib/queries/brokers"
import { helpFor } from "./help"

interface Fields {
  apiKey: string
  secret: string
  onServer: boolean
  untilSignOut: boolean
}

const KEPT_NOWHERE =
  "This browser does not keep data of this page: you will be asked for the secret at each login."

/** The keys of a person's app at a broker. The secret stays in this browser unless the person says otherwise. */
export function CredentialsForm({ row, onDone }: { row: BrokerRow; onDone: () => void }) {
  const { data: me } = useQuery(meQuery)
  const client = useQueryClient()
  const help = helpFor(row.name)
  const needsSecret = !row.login.proofs.includes("totp")
  const form = useForm<Fields>({
    initialValues: {
      apiKey: row.login.has_page ? (row.credentials.api_key ?? "") : "",
      secret: "",
      onServer: row.credentials.storage === "cloud",
      untilSignOut: false,
    },
    validate: {
      apiKey: (value) => (value.trim() ? null : `Enter the ${help.keyLabel} of your app`),
      secret: (value) => (needsSecret && !value.trim() ? "Enter the API secret of your app" : null),
    },
  })
  const saving = useMutation({
    mutationFn: async ({ apiKey, secret, onServer, untilSignOut }: Fields) => {
      const key = apiKey.trim()
      await brokerCalls.saveCredentials(row.name, {
        api_key: key,
        ...(onServer && secret && { api_secret: secret.trim() }),
        ...(row.credentials.is_set && { environment: row.environment }),
      })
      if (onServer || !secret || !me) return true
      return keepSecret(me.id, row.name, { apiKey: key, secret: secret.trim(), untilSignOut })
    },
    onSuccess: async (isKept) => {
      notifyDone(isKept ? `Your ${row.title} keys are saved` : KEPT_NOWHERE)
      await client.invalidateQueries({ queryKey: brokersQuery.queryKey })
      onDone()
    },
  })
  const { onServer } = form.getValues()
  return (
    <form onSubmit={form.onSubmit((fields) => saving.mutate(fields))} aria-label={`${row.title} keys`}>
      <Stack gap="sm" maw={520}>
        <Steps row={row} />
        <TextInput
          label={help.keyLabel}
          autoComplete="off"
          spellCheck={false}
          {...form.getInputProps("apiKey")}
        />
        <PasswordInput
          label={needsSecret ? help.secretLabel : `${help.secretLabel} (not with a TOTP token)`}
          description={
            onServer
              ? "Stored encrypted on this server."
              : "Stays in this browser. Only a checksum of it leaves it, where the broker allows that."
          }
          autoComplete="off"
          {...form.getInputProps("secret")}
        />
        <Checkbox
          label="Save the secret on the server for one-click login from every device"
          {...form.getInputProps("onServer", { type: "checkbox" })}
        />
        {!onServer && (
          <Checkbox
            label="Forget the secret when I sign out of TraderTape"
            {...form.getInputProps("untilSignOut", { type: "checkbox" })}
          />
        )}
        <Failure error={saving.error} />
        <Group gap={8}>
          <Button type="submit" loading={saving.isPending}>
            Save keys
          </Button>
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function Steps({ row }: { row: BrokerRow }) {
  const { place, steps } = helpFor(row.name)
  return (
    <div>
      <Text size="sm">
        You need an app at{" "}
        <Anchor href={place.href} target="_blank" rel="noreferrer" underline="always">
          {place.label}
        </Anchor>
        :
      </Text>
      <ol style={{ margin: "4px 0 8px", paddingLeft: 20, fontSize: 13 }}>
        {steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      {row.login.has_page && (
        <>
          <Text size="xs" c="dimmed" mb={4}>
            Redirect URL to register
          </Text>
          <CopyField value={row.login.redirect_uri} label="redirect URL" />
        </>
      )}
    </div>
  )
}
