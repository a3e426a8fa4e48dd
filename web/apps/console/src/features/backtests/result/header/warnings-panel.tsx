import { Alert, List } from "@mantine/core"
import { count } from "@tradertape/ui/format.ts"
import { TriangleAlert } from "lucide-react"

/** Warnings that limit how far the result can be trusted. */
export function WarningsPanel({ warnings: all }: { warnings: string[] }) {
  // The verdict above says it.
  const warnings = all.filter((warning) => !warning.startsWith("Simulated prices"))
  if (warnings.length === 0) return null
  return (
    <Alert
      color="yellow"
      variant="light"
      icon={<TriangleAlert size={17} />}
      title={`${count(warnings.length, "warning")} about this result`}
      mt="md"
      styles={{ title: { color: "var(--tt-warn)" }, message: { color: "var(--tt-text)" } }}
    >
      <List size="sm" spacing={2}>
        {warnings.map((warning) => (
          <List.Item key={warning}>{warning}</List.Item>
        ))}
      </List>
    </Alert>
  )
}
