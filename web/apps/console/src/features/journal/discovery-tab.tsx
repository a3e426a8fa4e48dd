import { Alert, Badge, Group, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { count, discreet, percent } from "@tradertape/ui/format.ts"
import { Section } from "@/components/page/section"
import { Loaded } from "@/components/states/loaded"
import type { Finding } from "@/lib/queries/journal"
import classes from "./journal.module.css"
import type { TabProps } from "./tab-props"

/** What stands out of the closed trades by more than chance, and how sure that is. */
export function DiscoveryTab({ queries }: TabProps) {
  const query = useQuery(queries.discovery)
  return (
    <Loaded query={query} what="What stands out">
      {(found) => (
        <>
          <Alert
            mt="md"
            variant="light"
            color={found.findings.some(({ stands_out }) => stands_out) ? "blue" : "gray"}
          >
            {discreet(found.text)}
          </Alert>
          {found.findings.length > 0 && (
            <Section
              title="Groups, the surest first"
              note={`By what is known when a trade is made.${
                found.too_small > 0
                  ? ` ${count(found.too_small, "group")} with fewer than 20 trades left out.`
                  : ""
              }`}
              flush
            >
              <ul className={classes.findings}>
                {found.findings.map((one) => (
                  <li key={`${one.dimension} ${one.name}`}>
                    <One finding={one} />
                  </li>
                ))}
              </ul>
            </Section>
          )}
          <Text size="sm" c="dimmed">
            Each group is compared with all other trades by the ranks of their returns, and its chance is
            corrected for every group that was looked at. See{" "}
            <a href="/docs/journal/#what-stands-out">how this is reckoned</a>.
          </Text>
        </>
      )}
    </Loaded>
  )
}

function One({ finding }: { finding: Finding }) {
  const chance = finding.adjusted < 0.001 ? "below 0.1%" : percent(finding.adjusted * 100, 1)
  return (
    <Group gap="sm" wrap="nowrap" align="flex-start">
      <Badge color={finding.stands_out ? (finding.is_better ? "green" : "red") : "gray"} miw={92}>
        {finding.stands_out ? (finding.is_better ? "Better" : "Worse") : "Chance"}
      </Badge>
      <div>
        <Text size="sm" fw={finding.stands_out ? 600 : 400}>
          {discreet(finding.text)}
        </Text>
        <Text size="xs" c="dimmed">
          {count(finding.count, "trade")}; chance of such a difference {chance}, after the correction
        </Text>
      </div>
    </Group>
  )
}
