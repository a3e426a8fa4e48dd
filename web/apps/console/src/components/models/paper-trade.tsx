import {
  Button,
  Collapse,
  Group,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
  UnstyledButton,
} from "@mantine/core"
import { useForm } from "@mantine/form"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import type { StrategyDocument } from "@tradertape/api/strategy.ts"
import { exact } from "@tradertape/ui/format.ts"
import { ChevronRight, Rocket } from "lucide-react"
import { useRef, useState } from "react"
import { fieldErrors } from "@/lib/field-errors"
import { notifyDone } from "@/lib/notify"
import { modelCalls, type NewPortfolio, refreshModels } from "@/lib/queries/models"
import { strategyCalls } from "@/lib/queries/strategies"
import { Dialog } from "../dialog/dialog"
import { AmountInput, NumberField } from "../forms/price-input"
import { QuantityInput } from "../forms/quantity-input"
import { Failure } from "../states/failure"
import classes from "./models.module.css"
import { UniverseSelect } from "./universe-select"

export type PaperSettings = Omit<NewPortfolio, "strategy_id" | "name">

interface Props {
  /** With its whole document where it is not stored: it is saved before it is deployed. */
  strategy: { id: number | null; name: string; document?: StrategyDocument }
  /** Settings to begin with: those of a backtest. */
  settings?: PaperSettings
  /** What a reader should know about the strategy that is deployed. */
  note?: string
  variant?: "default" | "filled" | "subtle"
  label?: string
}

const FILLS = [
  { value: "close", label: "At the close of the signal's day (optimistic)" },
  { value: "next_open", label: "At the next open" },
  { value: "touch", label: "When the price touches the order" },
  { value: "live", label: "At the paper market, on live prices" },
]

const PLACES = {
  "/name": "name",
  "/starting_capital": "starting_capital",
  "/universe": "universe",
  "/position_size_pct": "position_size_pct",
  "/max_positions": "max_positions",
  "/max_per_sector": "max_per_sector",
  "/signal_valid_days": "signal_valid_days",
}

/** Deploys a strategy as a paper portfolio: three fields, and the portfolio's page follows. */
export function PaperTrade({ strategy, variant = "default", label = "Paper-trade", ...rest }: Props) {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button
        variant={variant}
        leftSection={<Rocket size={14} />}
        onClick={() => setOpen(true)}
        aria-label={`Paper-trade ${strategy.name}`}
      >
        {label}
      </Button>
      {isOpen && <DeployDialog strategy={strategy} onClose={() => setOpen(false)} {...rest} />}
    </>
  )
}

interface DialogProps extends Pick<Props, "strategy" | "settings" | "note"> {
  onClose: () => void
}

function startingValues({ strategy, settings }: DialogProps) {
  return {
    universe: "nifty_100",
    starting_capital: 1_000_000,
    position_size_pct: 10,
    max_positions: 10,
    max_per_sector: 2,
    paper_fill: "close" as const,
    auto_place_signals: false,
    signal_valid_days: 1,
    ...settings,
    name: strategy.name,
  }
}

function DeployDialog(props: DialogProps) {
  const { strategy, note, onClose } = props
  const client = useQueryClient()
  const navigate = useNavigate()
  const form = useForm({ initialValues: startingValues(props) })
  const storedId = useStoredStrategy(strategy)
  const deploying = useMutation({
    mutationFn: async (values: typeof form.values) =>
      modelCalls.deploy({ ...values, strategy_id: await storedId() }),
    onSuccess: (made) => {
      void refreshModels(client)
      notifyDone(`${made.name} trades on paper`)
      void navigate({ to: "/portfolios/$id", params: { id: String(made.id) } })
    },
    onError: (error) => form.setErrors(fieldErrors(error, PLACES)),
  })
  const { starting_capital, auto_place_signals } = form.values
  return (
    <Dialog opened onClose={onClose} title="Paper-trade this strategy">
      <form onSubmit={form.onSubmit((values) => deploying.mutate(values))}>
        <Stack gap="sm">
          <TextInput label="Name" required maxLength={120} data-autofocus {...form.getInputProps("name")} />
          <AmountInput
            label="Capital (₹)"
            required
            step={100_000}
            {...form.getInputProps("starting_capital")}
          />
          <UniverseSelect label="Universe" required {...form.getInputProps("universe")} />
          <MoreSettings form={form} />
          <Text size="sm" c="dimmed">
            After every trading day it looks at each stock of the universe, proposes purchases and sells by
            the strategy's rules.{" "}
            {auto_place_signals ? "It buys without asking you." : "You approve what is bought."} {note}
          </Text>
          <Failure error={deploying.error} marked={Object.keys(form.errors).length} />
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={deploying.isPending}>
              Deploy with {exact.moneyShort(starting_capital)} · PAPER
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}

/** The number of a strategy; one that is not stored is saved once, however often this is asked. */
function useStoredStrategy({ id, name, document }: Props["strategy"]) {
  const client = useQueryClient()
  const saved = useRef(id)
  return async () => {
    if (saved.current === null) {
      if (!document) throw new Error("There is no strategy to deploy.")
      saved.current = (await strategyCalls.create({ ...document, name })).id
      void client.invalidateQueries({ queryKey: ["strategies", "list"] })
    }
    return saved.current
  }
}

type Form = ReturnType<typeof useForm<ReturnType<typeof startingValues>>>

/** What has a default, folded away. */
function MoreSettings({ form }: { form: Form }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <div>
      <UnstyledButton onClick={() => setOpen(!isOpen)} aria-expanded={isOpen} fz="sm" c="dimmed">
        <ChevronRight
          size={14}
          style={{ verticalAlign: "-2px", transform: isOpen ? "rotate(90deg)" : undefined }}
        />{" "}
        More settings
      </UnstyledButton>
      <Collapse expanded={isOpen}>
        <Stack gap="sm" mt="xs">
          <Select
            label="Purchases are filled"
            allowDeselect={false}
            data={FILLS}
            {...form.getInputProps("paper_fill")}
          />
          <div className={classes.fields}>
            <NumberField label="Position size (% of equity)" {...form.getInputProps("position_size_pct")} />
            <QuantityInput label="Maximum open positions" {...form.getInputProps("max_positions")} />
            <QuantityInput
              label="Maximum per sector"
              description="0 means no limit"
              {...form.getInputProps("max_per_sector")}
            />
            <QuantityInput
              label="Days to approve a signal"
              description="Where a price is to touch the order, or live"
              {...form.getInputProps("signal_valid_days")}
            />
          </div>
          <Switch
            label="Buy without my approval"
            {...form.getInputProps("auto_place_signals", { type: "checkbox" })}
          />
        </Stack>
      </Collapse>
    </div>
  )
}
