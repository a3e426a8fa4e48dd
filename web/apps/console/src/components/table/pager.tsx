import { Group, Pagination, Text } from "@mantine/core"
import { number } from "@tradertape/ui/format.ts"
import { PAGE_ROWS } from "@/lib/pages"
import classes from "./pager.module.css"

interface Props {
  label: string
  total: number
  page: number
  onPage: (page: number) => void
}

/** The pages of a long list; nothing where one page has all. */
export function Pager({ label, total, page, onPage }: Props) {
  if (total <= PAGE_ROWS) return null
  const first = (page - 1) * PAGE_ROWS + 1
  return (
    <Group justify="space-between" gap="sm" className={classes.pager}>
      <Text size="xs" c="dimmed">
        {number(first)} to {number(Math.min(total, page * PAGE_ROWS))} of {number(total)}
      </Text>
      <Pagination
        size="sm"
        total={Math.ceil(total / PAGE_ROWS)}
        value={page}
        onChange={onPage}
        siblings={0}
        getControlProps={(control) => ({ "aria-label": `${label}: ${control} page` })}
        getItemProps={(item) => ({ "aria-label": `${label}: page ${item}` })}
      />
    </Group>
  )
}
