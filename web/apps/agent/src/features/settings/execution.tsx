import { Alert, Switch } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Section } from "@tradertape/ui/components/section.tsx"
import { useState } from "react"
import { Confirm } from "@/components/confirm"
import { reasonOf } from "@/lib/notify"
import { environmentWord } from "@/lib/order-words"
import { statusQuery } from "@/lib/queries"
import type { Settings } from "@/lib/types"
import { useSave } from "./use-save"

/** Whether signals wait for approval. */
export function Execution({ settings, isLocal }: { settings: Settings; isLocal: boolean }) {
  const saving = useSave()
  const [isAsking, setAsking] = useState(false)
  const { data: status } = useQuery(statusQuery)
  const set = (auto_execute: boolean) =>
    saving.mutate({ auto_execute }, { onSettled: () => setAsking(false) })
  return (
    <Section title="Execution">
      <Switch
        label="Auto-execute"
        description={
          settings.auto_execute
            ? "On: every signal is placed without asking you."
            : "Off: every signal waits for your approval. This is the recommended way to begin."
        }
        checked={settings.auto_execute}
        disabled={!isLocal || saving.isPending}
        onChange={({ currentTarget }) => (currentTarget.checked ? setAsking(true) : set(false))}
      />
      {settings.auto_execute && status && !status.auto_execute && (
        <Alert color="yellow" variant="light" mt="sm">
          The cloud does not allow it with this version: signals wait for you. Update the agent.
        </Alert>
      )}
      {saving.error && (
        <Alert color="red" variant="light" mt="sm" role="alert">
          {reasonOf(saving.error)}
        </Alert>
      )}
      {isAsking && (
        <Confirm
          title="Place every signal without asking?"
          verb={`Turn on · ${environmentWord(status?.environment ?? "live")}`}
          isBusy={saving.isPending}
          onConfirm={() => set(true)}
          onClose={() => setAsking(false)}
        >
          {status?.environment === "sandbox"
            ? "Orders go to the sandbox as soon as a strategy signals. No real money moves."
            : `Orders go to ${status?.primary_title ?? "your broker"} with real money as soon as a strategy signals. Risk rules and the kill switch still apply.`}
        </Confirm>
      )}
    </Section>
  )
}
