import { Accordion, Text } from "@mantine/core"
import type { ReactNode } from "react"
import { useEditing } from "../state/editor-context"
import { AddonBlock } from "./addon-block"
import { EntryBlock } from "./entry-block"
import { ExitBlock } from "./exit-block"
import { FilterBlock } from "./filter-block"
import { HoldBlock } from "./hold-block"
import { ParamBlock } from "./param-block"
import { RegimeBlock } from "./regime-block"
import { ScoreBlock } from "./score-block"
import { StopBlock } from "./stop-block"

interface Block {
  key: string
  title: string
  note: string
  keys: string[]
  body: ReactNode
}

const BLOCKS: Block[] = [
  {
    key: "entry",
    title: "Buy when",
    note: "The conditions of a stock on the day of the signal",
    keys: ["entry_rules", "entry"],
    body: <EntryBlock />,
  },
  {
    key: "exits",
    title: "Sell when",
    note: "Exit rules, tried from the top at every close",
    keys: ["exit_rules"],
    body: <ExitBlock />,
  },
  {
    key: "stops",
    title: "Stops and targets",
    note: "Protective exits, effective intraday and regardless of the minimum holding time",
    keys: ["stops"],
    body: <StopBlock />,
  },
  {
    key: "filters",
    title: "Which stocks",
    note: "Filters applied before the conditions",
    keys: ["filters"],
    body: <FilterBlock />,
  },
  {
    key: "regime",
    title: "Market regime",
    note: "New entries only while the index meets a condition",
    keys: ["regime_filter"],
    body: <RegimeBlock />,
  },
  {
    key: "scores",
    title: "Conviction",
    note: "Points that rank signals on the same day",
    keys: ["conviction_scoring"],
    body: <ScoreBlock />,
  },
  {
    key: "addons",
    title: "Adding to a position",
    note: "Buying more of a held stock",
    keys: ["addon_rules"],
    body: <AddonBlock />,
  },
  {
    key: "hold",
    title: "Holding and limits",
    note: "Holding time, exit price and minimum conviction",
    keys: ["config"],
    body: <HoldBlock />,
  },
  {
    key: "params",
    title: "Parameters",
    note: "Named numbers that conditions use and sweeps vary",
    keys: ["params"],
    body: <ParamBlock />,
  },
]

/** The strategy as forms, one per block. */
export function Blocks() {
  const { problems } = useEditing()
  const problemsOf = (block: Block) =>
    problems.filter((one) =>
      block.keys.some((key) => one.pointer === `/${key}` || one.pointer.startsWith(`/${key}/`)),
    )
  return (
    <Accordion
      multiple
      defaultValue={["entry", "exits", "stops"]}
      variant="separated"
      radius={8}
      chevronPosition="left"
    >
      {BLOCKS.map((block) => (
        <Accordion.Item
          key={block.key}
          value={block.key}
          bg="var(--tt-surface)"
          style={{ border: "1px solid var(--tt-line)" }}
        >
          <Accordion.Control>
            <Text size="sm" fw={600} component="span">
              {block.title}
            </Text>{" "}
            <Text
              size="xs"
              c={problemsOf(block).length > 0 ? "var(--tt-loss)" : "dimmed"}
              component="span"
              ml={6}
            >
              {problemsOf(block)[0]?.message ?? block.note}
            </Text>
          </Accordion.Control>
          <Accordion.Panel>{block.body}</Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  )
}
