import { Button, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { EnvironmentChip } from "@tradertape/ui/components/environment-chip.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { instant, sentence } from "@tradertape/ui/format.ts"
import cards from "@/components/cards.module.css"
import { Loaded } from "@/components/loaded"
import { Page } from "@/components/page"
import { StateBadge } from "@/components/state-badge"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { brokersQuery, calls, refresh } from "@/lib/queries"
import type { Broker } from "@/lib/types"

/** Every configured broker, whether it is logged in, and the login. */
export function BrokersPage() {
  return (
    <Page
      title="Brokers"
      note="The primary broker executes your signals; the others are only read. Another broker is added with tradertape-agent configure --broker NAME."
    >
      <Loaded query={useQuery(brokersQuery)} what="Brokers" shape={[150, 150]}>
        {(brokers) => (
          <div className={cards.grid}>
            {brokers.map((broker) => (
              <BrokerCard key={broker.name} broker={broker} />
            ))}
          </div>
        )}
      </Loaded>
    </Page>
  )
}

function BrokerCard({ broker }: { broker: Broker }) {
  const isConnected = broker.state === "connected"
  return (
    <section className={cards.card} aria-label={broker.title}>
      <div className={cards.head}>
        <span className={cards.name}>
          {broker.title}
          <EnvironmentChip environment={broker.environment} />
        </span>
        <StateBadge state={broker.state} />
      </div>
      <div className="tt-muted">{broker.is_primary ? "Primary: executes your signals" : "Read only"}</div>
      {!isConnected && broker.problem && <p className="tt-loss">{sentence(broker.problem)}</p>}
      <dl className={cards.facts}>
        {broker.user_id && <Stat label="Client id" value={broker.user_id} />}
        {isConnected && broker.session_ends_at && (
          <Stat label="Session until" value={instant(broker.session_ends_at)} />
        )}
      </dl>
      {broker.login === "page" && (
        <Text size="xs" c="dimmed" mt={8}>
          Redirect address to register with your app at the broker:{" "}
          <code style={{ overflowWrap: "anywhere" }}>{broker.callback}</code>
        </Text>
      )}
      {broker.is_primary && broker.address_rule && (
        <Text size="xs" c="dimmed" mt={8}>
          Static IP: {broker.address_rule}
        </Text>
      )}
      <LogIn broker={broker} />
    </section>
  )
}

function LogIn({ broker }: { broker: Broker }) {
  const client = useQueryClient()
  const loggingIn = useMutation({
    mutationFn: async () => {
      // Opened by the click itself: a window that is opened after an answer is blocked as a pop-up.
      const tab = broker.login === "page" ? window.open("about:blank", "_blank") : null
      try {
        const { login_url } = await calls.login(broker.name)
        if (login_url && tab) tab.location.href = login_url
        else if (login_url) window.location.assign(login_url)
        return login_url
      } catch (error) {
        tab?.close()
        throw error
      }
    },
    onSuccess: (url) => notifyDone(url ? `${broker.title}'s page is open: log in there` : "Logged in"),
    onError: (error) => notifyFailure(`${broker.title} was not logged in`, error),
    onSettled: () => refresh(client, brokersQuery),
  })
  return (
    <div className={cards.buttons}>
      <Button
        variant={broker.state === "connected" ? "default" : "filled"}
        loading={loggingIn.isPending}
        onClick={() => loggingIn.mutate()}
      >
        {broker.state === "connected" ? "Log in again" : `Log in to ${broker.title}`}
      </Button>
    </div>
  )
}
