import { Alert, Group, SegmentedControl } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { EmptyState } from "@tradertape/ui/components/empty-state.tsx"
import { BellRing } from "lucide-react"
import { useState } from "react"
import cards from "@/components/cards.module.css"
import { Loaded } from "@/components/loaded"
import { Masked } from "@/components/masked"
import { Page } from "@/components/page"
import { PollNow } from "@/components/poll-now"
import { signalsQuery, statusQuery } from "@/lib/queries"
import type { Signal } from "@/lib/types"
import { SignalCard } from "./signal-card"

type View = "open" | "ended"

const VIEWS = [
  { value: "open", label: "Open" },
  { value: "ended", label: "Ended" },
]

/** What strategies want done, with the buttons that have it done. */
export function SignalsPage() {
  const [view, setView] = useState<View>("open")
  const { data: status } = useQuery(statusQuery)
  return (
    <Page
      title="Signals"
      chips={<Masked />}
      note={
        status?.auto_execute
          ? "Auto-execute is on: signals are placed without asking you."
          : "Nothing is placed before you approve it."
      }
      action={
        <Group gap={8}>
          <SegmentedControl
            aria-label="Which signals"
            data={VIEWS}
            value={view}
            onChange={(value) => setView(value as View)}
          />
          <PollNow label="Check now" />
        </Group>
      }
    >
      <Loaded query={useQuery(signalsQuery)} what="Signals" shape={[180, 180]}>
        {(signals) => (
          <Listed signals={signals.filter((one) => isOver(one) === (view === "ended"))} view={view} />
        )}
      </Loaded>
    </Page>
  )
}

/** An order that is filled has nothing left to do, though its position is open. */
function isOver(signal: Signal): boolean {
  const open = ["sending", "resting", "triggered", "unclear"]
  return (
    (signal.state === "ended" && !signal.waits_in_cloud) ||
    (signal.state === "sent" && !signal.intents.some(({ state }) => open.includes(state)))
  )
}

function Listed({ signals, view }: { signals: Signal[]; view: View }) {
  const { data: status } = useQuery(statusQuery)
  if (signals.length === 0)
    return view === "open" ? (
      <EmptyState icon={<BellRing size={30} />} title="No signal is open">
        They appear here when a strategy raises one in a portfolio that this agent executes. Not the one you
        expect? <code>tradertape-agent doctor</code> says why.
      </EmptyState>
    ) : (
      <EmptyState icon={<BellRing size={30} />} title="No signal has ended yet">
        What was filled, rejected or ran out is kept here.
      </EmptyState>
    )
  return (
    <>
      {status?.kill_switch.cloud && (
        <Alert color="yellow" variant="light">
          The kill switch is on in the cloud: entries wait.
        </Alert>
      )}
      <ul className={cards.grid} style={{ margin: 0, padding: 0, listStyle: "none" }} aria-label="Signals">
        {signals.map((signal) => (
          <li key={`${signal.id} ${signal.version}`}>
            <SignalCard signal={signal} />
          </li>
        ))}
      </ul>
    </>
  )
}
