import { Alert, Switch, Text } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { count } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { Confirm } from "@/components/dialog/confirm"
import { Section } from "@/components/page/section"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { agentCalls, agentsQuery } from "@/lib/queries/agents"
import { meQuery } from "@/lib/queries/auth"
import { brokersQuery } from "@/lib/queries/brokers"

/** Whether the server sees scaled quantities only. */
export function ObfuscationSection({ isOn, clearFiles }: { isOn: boolean; clearFiles: number }) {
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const changing = useMutation({
    mutationFn: (enabled: boolean) => agentCalls.setObfuscation(enabled),
    onSuccess: async (_, enabled) => {
      notifyDone(enabled ? "Obfuscation is on" : "Obfuscation is off")
      const changed = [agentsQuery.queryKey, meQuery.queryKey, brokersQuery.queryKey]
      await Promise.all(changed.map((queryKey) => client.invalidateQueries({ queryKey })))
    },
    onError: (failure) => notifyFailure("Obfuscation was not changed", failure),
    onSettled: () => setAsking(false),
  })
  return (
    <Section
      title="Obfuscation"
      note="The agent multiplies quantities and amounts by a secret factor of its own."
    >
      <Switch
        label="Send scaled quantities only"
        checked={isOn}
        disabled={changing.isPending}
        onChange={({ currentTarget }) => (currentTarget.checked ? setAsking(true) : changing.mutate(false))}
      />
      {isOn && clearFiles > 0 && (
        <Alert color="yellow" variant="light" mt="sm" title="Uploads with real figures are still here">
          <Text size="sm">
            {count(clearFiles, "upload")} of yours {clearFiles === 1 ? "is" : "are"} not scaled. Undo what
            should not be on this server, and send it again from your agent's page, under Uploads.{" "}
            <Link to="/uploads">Uploads</Link>
          </Text>
        </Alert>
      )}
      <Text size="xs" c="dimmed" mt={8}>
        While it is on, this server keeps no session at a broker and takes no files with real figures: connect
        brokers on the agent, and upload there. Portfolios that your agent executes count in scaled units:
        give them your capital times the factor. Turning it on or off pauses those with capital in the other
        unit; they go on selling what they hold. Holdings that the agent sent in the other figures are deleted
        then. Scaling hides sizes from a casual look, not from a determined analyst: prices and whole shares
        give the factor away.
      </Text>
      <Confirm
        opened={isAsking}
        onClose={() => setAsking(false)}
        title="Turn obfuscation on?"
        verb="Turn it on"
        isBusy={changing.isPending}
        onConfirm={() => changing.mutate(true)}
      >
        Your broker sessions on this server end now, and stay ended until it is off again. Live portfolios
        that the server itself executes stop placing orders. Portfolios that your agent executes are paused,
        and their waiting purchases withdrawn: real capital cannot size purchases in scaled units. Deploy
        their strategies anew with your capital times the factor. What they hold now is sold as it was bought.
      </Confirm>
    </Section>
  )
}
