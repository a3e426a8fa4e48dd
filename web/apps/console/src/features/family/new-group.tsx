import { Button, Group, TextInput } from "@mantine/core"
import { useState } from "react"
import { familyCalls } from "@/lib/queries/family"
import { useChange } from "./use-change"

/** Makes a group, of which the person is the owner. */
export function NewGroup() {
  const [name, setName] = useState("")
  const create = useChange(
    () => familyCalls.create(name.trim()),
    "The group is made",
    "The group was not made",
    () => setName(""),
  )
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (name.trim()) create.mutate()
      }}
    >
      <Group gap="sm" justify="center">
        <TextInput
          size="xs"
          aria-label="Name of the group"
          placeholder="Our family"
          maxLength={60}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" loading={create.isPending} disabled={!name.trim()}>
          Make a group
        </Button>
      </Group>
    </form>
  )
}
