import { Alert, Button, Group } from "@mantine/core"
import { sentence } from "@tradertape/ui/format.ts"
import { CircleAlert } from "lucide-react"
import { reasonOf } from "@/lib/notify"

/** What could not be read, with the reason and another try. */
export function Failed({ error, what, retry }: { error: unknown; what: string; retry: () => void }) {
  return (
    <Alert
      color="red"
      variant="light"
      icon={<CircleAlert size={18} />}
      title={`${what} could not be read`}
      role="alert"
    >
      <Group justify="space-between" gap="sm">
        <span>{reasonOf(error)}</span>
        <Button variant="default" onClick={retry}>
          Try again
        </Button>
      </Group>
    </Alert>
  )
}

/** Brokers that did not answer, while the others did. */
export function Problems({ list }: { list: string[] }) {
  if (list.length === 0) return null
  return (
    <Alert
      color="yellow"
      variant="light"
      icon={<CircleAlert size={18} />}
      title="Not everything could be read"
    >
      {list.map((one) => (
        <div key={one}>{sentence(one)}</div>
      ))}
    </Alert>
  )
}
