import { Alert, Button, List, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { EmptyState } from "@tradertape/ui/components/empty-state.tsx"
import { Section } from "@tradertape/ui/components/section.tsx"
import { Send } from "lucide-react"
import { useState } from "react"
import cards from "@/components/cards.module.css"
import { Loaded } from "@/components/loaded"
import { Page } from "@/components/page"
import { privacyWords } from "@/lib/order-words"
import { privacyQuery, sentQuery } from "@/lib/queries"
import type { Privacy } from "@/lib/types"
import { SentCard } from "./sent-card"

/** What left this machine for the cloud, which mode hides what, and what no mode hides. */
export function PrivacyPage() {
  const [befores, setBefores] = useState<(number | undefined)[]>([undefined])
  return (
    <Page title="Privacy">
      <Loaded query={useQuery(privacyQuery)} what="The privacy mode" shape={[150]}>
        {(privacy) => <Mode privacy={privacy} />}
      </Loaded>
      <Limits />
      <Section
        title="What was sent"
        note="Every request to the cloud, byte for byte, newest first. Broker keys, secrets and, while obfuscation is on, real figures never are in it: a request that has one is not sent."
      >
        {befores.map((before) => (
          <Sheet
            key={before ?? "newest"}
            before={before}
            onMore={(last) => setBefores([...befores, last])}
            isLast={before === befores.at(-1)}
          />
        ))}
      </Section>
    </Page>
  )
}

interface SheetProps {
  before: number | undefined
  isLast: boolean
  onMore: (last: number) => void
}

function Sheet({ before, isLast, onMore }: SheetProps) {
  return (
    <Loaded query={useQuery(sentQuery(before))} what="What was sent" shape={[60, 60, 60]}>
      {(rows) =>
        rows.length === 0 ? (
          before === undefined && (
            <EmptyState icon={<Send size={28} />} title="Nothing was sent yet">
              The agent's first request to the cloud will be the first entry.
            </EmptyState>
          )
        ) : (
          <>
            {rows.map((one) => (
              <SentCard key={one.number} sent={one} />
            ))}
            {isLast && rows.length === 100 && (
              <Button variant="default" mt="sm" onClick={() => onMore(rows.at(-1)?.number ?? 0)}>
                Older
              </Button>
            )}
          </>
        )
      }
    </Loaded>
  )
}

function Mode({ privacy }: { privacy: Privacy }) {
  return (
    <section className={cards.card} aria-label="Mode">
      <div className={cards.head}>
        <span className={cards.name}>{privacyWords(privacy.mode)}</span>
        {privacy.factor_id && <span className="tt-muted">factor {privacy.factor_id}</span>}
      </div>
      <p style={{ marginBottom: 0 }}>
        {privacy.is_on
          ? "Obfuscation is on in your account. This page shows real figures: they are unscaled on this machine."
          : "Obfuscation is off in your account: the cloud sees the quantities and amounts that you see here. Turn it on under Settings, Trading Agent in the console."}
      </p>
      {privacy.factor_id && (
        <p style={{ marginBottom: 0 }}>
          The secret factor exists on this machine and nowhere else. Without its backup code (
          <code>tradertape-agent factor export</code>) the figures in the cloud can never be unscaled again.
        </p>
      )}
    </section>
  )
}

/** The limits, with the measurement of docs/agent.md. */
function Limits() {
  return (
    <Section title="What scaling hides, and what it does not">
      <Text size="sm" mb={8}>
        It hides size from a casual look: a shared screen, support, family. It does not hide it from somebody
        who analyses the database.
      </Text>
      <List size="sm" spacing={4}>
        <List.Item>
          Quantities are whole shares, so their common divisor tells the factor. In our measurement it was
          recovered to 0.1% from 83% of books with 3 holdings, 93% with 5 and 100% with 10.
        </List.Item>
        <List.Item>
          Literal mode is weaker still: prices are public, and one division tells the factor.
        </List.Item>
        <List.Item>Lots of derivatives are public: positions in them are not sent at all.</List.Item>
        <List.Item>
          For holdings, sealed mode is the one that keeps them from the database's administrator: they are
          encrypted on this machine, with all positions. The console shows them to you with the key of{" "}
          <code>tradertape-agent factor seal-key</code>. Symbols, dates and percentages are visible in every
          other mode.
        </List.Item>
      </List>
      <Alert color="gray" variant="light" mt="sm">
        The mode is set as <code>privacy_mode</code> in the configuration: relative, coarse, sealed or
        seed_literal.
      </Alert>
    </Section>
  )
}
