import {
  Alert,
  Button,
  Checkbox,
  Group,
  Select,
  SimpleGrid,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from "@mantine/core"
import { useForm } from "@mantine/form"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { CodeBlock } from "@/components/copy/code-block"
import { CopyField } from "@/components/copy/copy-field"
import { Dialog } from "@/components/dialog/dialog"
import { NumberField } from "@/components/forms/price-input"
import { Failure } from "@/components/states/failure"
import { fieldErrors } from "@/lib/field-errors"
import { accountCalls, keysQuery, type NewKey, WORKER_SCOPES } from "@/lib/queries/account"
import { environmentSnippet, pythonSnippet } from "./snippet"

const SCOPE_TEXTS: Record<string, string> = {
  paper: "Create runs and trade on your paper accounts",
  data: "Read live prices, candles and options",
  gtt: "Place and change GTT orders on paper",
  live: "Request live trading; refused until a broker is connected",
}

const VALIDITIES = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "1 year" },
  { value: "", label: "No expiry" },
]

const PLACES = {
  "/label": "label",
  "/account_scopes": "accounts",
  "/allowed_ips": "addresses",
  "/price_band_pct": "band",
  "/option_price_band_pct": "optionBand",
}

interface Props {
  opened: boolean
  onClose: () => void
}

/** Creates a token, shows it once, and explains how to use it. */
export function NewTokenDialog({ opened, onClose }: Props) {
  const client = useQueryClient()
  const form = useForm({
    initialValues: {
      label: "",
      scopes: ["paper", "data"],
      accounts: [] as string[],
      addresses: [] as string[],
      life: "90",
      band: "" as number | string,
      optionBand: "" as number | string,
    },
    validate: { scopes: (value) => (value.length === 0 ? "Choose at least one" : null) },
  })
  const creating = useMutation({
    mutationFn: ({ label, scopes, accounts, addresses, life, band, optionBand }: typeof form.values) =>
      accountCalls.createKey({
        kind: "worker",
        body: {
          label,
          scopes: WORKER_SCOPES.filter((scope) => scopes.includes(scope)),
          expires_in_days: life ? Number(life) : null,
          account_scopes: accounts,
          allowed_ips: addresses,
          price_band_pct: band === "" ? null : Number(band),
          option_price_band_pct: optionBand === "" ? null : Number(optionBand),
        },
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: keysQuery("worker").queryKey }),
    onError: (error) => form.setErrors(fieldErrors(error, PLACES)),
  })
  const close = () => {
    onClose()
    creating.reset()
    form.reset()
  }
  if (creating.data) return <Made made={creating.data} opened={opened} onClose={close} />
  return (
    <Dialog opened={opened} onClose={close} title="New worker token">
      <form onSubmit={form.onSubmit((fields) => creating.mutate(fields))}>
        <Stack gap="sm">
          <TextInput
            label="What is it for?"
            placeholder="Momentum worker on the laptop"
            required
            maxLength={100}
            data-autofocus
            {...form.getInputProps("label")}
          />
          <Checkbox.Group label="Permissions" {...form.getInputProps("scopes")}>
            <Stack gap={8} mt={6}>
              {WORKER_SCOPES.map((scope) => (
                <Checkbox
                  key={scope}
                  size="xs"
                  value={scope}
                  label={scope}
                  description={SCOPE_TEXTS[scope]}
                />
              ))}
            </Stack>
          </Checkbox.Group>
          <TagsInput
            label="Accounts"
            description="Empty: all your accounts"
            placeholder="kite:paper-a"
            maxTags={50}
            acceptValueOnBlur
            {...form.getInputProps("accounts")}
          />
          <TagsInput
            label="Allowed IP addresses"
            description="IPv4 or IPv6, single addresses or networks. Empty: any address"
            placeholder="203.0.113.7 or 10.0.0.0/8"
            maxTags={50}
            acceptValueOnBlur
            {...form.getInputProps("addresses")}
          />
          <Bands band={form.getInputProps("band")} optionBand={form.getInputProps("optionBand")} />
          <Select label="Valid for" data={VALIDITIES} {...form.getInputProps("life")} />
          <Text size="xs" c="dimmed">
            The worker chooses the account and mode (dry run or paper) of each run.
          </Text>
          <Failure error={creating.error} marked={Object.keys(form.errors).length} />
          <Group justify="flex-end">
            <Button type="submit" loading={creating.isPending}>
              Create
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}

type Input = ReturnType<ReturnType<typeof useForm>["getInputProps"]>

/** The distance from the last price beyond which an entry is refused as a typing error. */
function Bands({ band, optionBand }: { band: Input; optionBand: Input }) {
  return (
    <Stack gap={4}>
      <SimpleGrid cols={2} spacing="sm">
        <NumberField label="Price band (%)" placeholder="5" decimals={2} {...band} />
        <NumberField label="Price band of options (%)" placeholder="40" decimals={2} {...optionBand} />
      </SimpleGrid>
      <Text size="xs" c="dimmed">
        Entries farther from the last price are refused, exits never. For runs that set none of their own.
      </Text>
    </Stack>
  )
}

function Made({ made, opened, onClose }: Props & { made: NewKey }) {
  return (
    <Dialog
      opened={opened}
      onClose={onClose}
      title="Your new worker token"
      closeOnClickOutside={false}
      closeOnEscape={false}
      size="lg"
    >
      <Stack gap="sm">
        <Alert color="yellow" variant="light">
          <Text size="sm">Copy it now. It is not stored and cannot be shown again.</Text>
        </Alert>
        <CopyField value={made.token} label="worker token" />
        <Text size="sm" fw={600}>
          1. In the worker's terminal
        </Text>
        <CodeBlock code={environmentSnippet(made.token, made.account_scopes[0])} label="environment" />
        <Text size="sm" fw={600}>
          2. A first worker, first_worker.py
        </Text>
        <CodeBlock code={pythonSnippet()} label="script" />
        <Group justify="flex-end">
          <Button onClick={onClose}>I have copied it</Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
