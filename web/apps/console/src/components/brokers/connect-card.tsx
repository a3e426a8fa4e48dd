import { Button, Card, Group } from "@mantine/core"
import { PlugZap } from "lucide-react"
import { LinkButton } from "@/components/page/link-button"
import { EmptyState } from "@/components/states/empty-state"
import type { BrokerRow } from "@/lib/queries/brokers"
import { TrySandbox } from "./try-sandbox"
import { useConnect } from "./use-connect"

/** Shown where a broker must be connected: the login of those that are set up, else how to begin. */
export function ConnectCard({ brokers, what }: { brokers: BrokerRow[]; what: string }) {
  const connecting = useConnect()
  const ready = brokers.filter(({ credentials }) => credentials.is_set)
  if (ready.length === 0)
    return (
      <>
        <Card mb="md">
          <EmptyState
            icon={<PlugZap size={30} />}
            title={`Connect a broker to see your ${what}`}
            action={
              <LinkButton to="/settings" search={{ tab: "brokers" }}>
                Set up a broker
              </LinkButton>
            }
          >
            They are read from your own accounts at Kite, Upstox or Groww and shown together.
          </EmptyState>
        </Card>
        <TrySandbox back="/wealth" />
      </>
    )
  return (
    <>
      <Card mb="md">
        <EmptyState
          icon={<PlugZap size={30} />}
          title={`Log in to your broker to see your ${what}`}
          action={
            <Group gap={8} justify="center">
              {ready.map((row) => (
                <Button key={row.name} loading={connecting.isPending} onClick={() => connecting.mutate(row)}>
                  Log in to {row.title}
                </Button>
              ))}
              <LinkButton to="/settings" search={{ tab: "brokers" }} variant="default">
                Brokers
              </LinkButton>
            </Group>
          }
        >
          Brokers end every session once a day, at about 06:00 IST. Without one nothing can be read, so
          nothing is shown rather than an empty list.
        </EmptyState>
      </Card>
      {ready.every(({ environment }) => environment === "sandbox") && <TrySandbox back="/wealth" />}
    </>
  )
}
