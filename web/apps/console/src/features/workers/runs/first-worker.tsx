import { Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Bot } from "lucide-react"
import { CodeBlock } from "@/components/copy/code-block"
import { LinkButton } from "@/components/page/link-button"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { keysQuery } from "@/lib/queries/account"
import { environmentSnippet, pythonSnippet } from "../tokens/snippet"

/** Shown before the first run: what a worker is, and the two steps to start one. */
export function FirstWorker() {
  const { data: tokens } = useQuery(keysQuery("worker"))
  const hasToken = (tokens?.length ?? 0) > 0
  return (
    <Section title="No run yet">
      <EmptyState
        icon={<Bot size={32} />}
        title="A worker is your own strategy, in Python"
        action={
          <LinkButton
            to="/workers"
            search={{ tab: "tokens", isNew: hasToken ? undefined : true }}
            variant={hasToken ? "default" : "filled"}
          >
            {hasToken ? "Your tokens" : "Create a token"}
          </LinkButton>
        }
      >
        It makes the decisions; TraderTape places its orders on the paper market, computes its profit and
        keeps its protection active even when the worker stops. Its run appears here as soon as it is created.
      </EmptyState>
      <Text size="sm" fw={600} mb={6}>
        1. Set the environment of the worker
      </Text>
      <CodeBlock code={environmentSnippet("kwa_…")} label="environment" />
      <Text size="sm" fw={600} mt="md" mb={6}>
        2. Save this as first_worker.py and start it
      </Text>
      <CodeBlock code={pythonSnippet()} label="script" />
    </Section>
  )
}
