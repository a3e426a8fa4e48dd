import { Alert, Stack, Text } from "@mantine/core"
import { useMutation } from "@tanstack/react-query"
import { Check } from "lucide-react"
import { useEffect } from "react"
import { LinkButton } from "@/components/page/link-button"
import { failureText } from "@/lib/notify"
import { agentCalls } from "@/lib/queries/agents"
import type { BrokerRow } from "@/lib/queries/brokers"
import { Stopped } from "./stopped"
import { Waiting } from "./waiting"

/** Codes that were handed over: each is good for one request, however often the page is drawn. */
const sent = new Set<string>()

/** Keeps the code of a login for the person's agent, which exchanges it on its own machine. */
export function HandingOver({ row, code }: { row: BrokerRow; code: string }) {
  const { mutate, error, isSuccess } = useMutation({
    mutationFn: () => agentCalls.offerToken(row.name, code),
  })
  useEffect(() => {
    if (sent.has(code)) return
    sent.add(code)
    mutate()
  }, [code, mutate])
  if (error)
    return (
      <Stopped
        problem={{ title: "The login was not handed to your agent", text: failureText(error).message }}
      />
    )
  if (!isSuccess) return <Waiting text="Handing the login to your agent…" />
  return (
    <Alert color="green" variant="light" icon={<Check size={18} />} title="Handed to your agent" maw={720}>
      <Stack gap="sm" align="flex-start">
        <Text size="sm">
          Your agent picks the login at {row.title} up within five minutes and completes it on its own
          machine. You can close this page.
        </Text>
        <LinkButton to="/settings" search={{ tab: "agent" }} variant="default">
          Trading Agent
        </LinkButton>
      </Stack>
    </Alert>
  )
}
