import { Button, Group, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core"
import { useMutation } from "@tanstack/react-query"
import { useState } from "react"
import { Section } from "@/components/page/section"
import { Failure } from "@/components/states/failure"
import { uploadCalls } from "@/lib/queries/uploads"
import { TRADE_FIELDS } from "./words"

interface Props {
  columns: string[]
  onSaved: () => void
}

/** Names the column of each field, for a file that no known layout fits. */
export function MappingEditor({ columns, onSaved }: Props) {
  const [name, setName] = useState("")
  const [chosen, setChosen] = useState<Record<string, string>>({})
  const saving = useMutation({
    mutationFn: () => uploadCalls.saveMapping(name.trim(), { kind: "tradebook", columns: chosen }),
    onSuccess: onSaved,
  })
  const isComplete =
    name.trim() !== "" && TRADE_FIELDS.every(({ field, isNeeded }) => !isNeeded || field in chosen)
  const choose = (field: string, column: string | null) =>
    setChosen(({ [field]: _, ...rest }) => (column ? { ...rest, [field]: column } : rest))
  return (
    <Section title="Name the columns" note="Saved as a mapping; later files with these columns use it">
      <Stack gap="sm">
        <Text size="sm">
          No known layout fits this file. Dates are read with the day first, as 31-03-2025.
        </Text>
        <TextInput
          label="Name of the mapping"
          placeholder="My broker"
          required
          maxLength={40}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="sm">
          {TRADE_FIELDS.map(({ field, label, isNeeded }) => (
            <Select
              key={field}
              label={label}
              required={isNeeded}
              clearable={!isNeeded}
              data={[...new Set(columns)]}
              value={chosen[field] ?? null}
              onChange={(column) => choose(field, column)}
            />
          ))}
        </SimpleGrid>
        <Failure error={saving.error} />
        <Group justify="flex-end">
          <Button disabled={!isComplete} loading={saving.isPending} onClick={() => saving.mutate()}>
            Save and read the file again
          </Button>
        </Group>
      </Stack>
    </Section>
  )
}
