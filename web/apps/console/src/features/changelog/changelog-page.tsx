import { Badge, Card, Group, List, Skeleton, Stack, Text, Title } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { date } from "@tradertape/ui/format.ts"
import { ScrollText } from "lucide-react"
import { PageHeader } from "@/components/page/page-header"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { changelogQuery, type Release } from "@/lib/queries/system"

export function ChangelogPage() {
  const { data, error, isPending, refetch } = useQuery(changelogQuery)
  return (
    <>
      <PageHeader
        title="Changelog"
        note="What changed in TraderTape, newest first. Breaking changes of the API are marked."
      />
      {isPending && <Skeleton height={240} />}
      {error && <ErrorState error={error} what="The changelog" retry={refetch} />}
      {data?.length === 0 && (
        <EmptyState icon={<ScrollText size={32} />} title="Nothing released yet">
          Releases appear here with what they add, change and fix.
        </EmptyState>
      )}
      <Stack gap="md" maw={820}>
        {data?.map((release) => (
          <ReleaseCard key={release.version} release={release} />
        ))}
      </Stack>
    </>
  )
}

/** A changelog line without its Markdown markup. */
function plain(text: string): string {
  return text.replace(/\[([^\]]+)\]\([^)]*\)/g, "$1").replace(/[*`]/g, "")
}

function ReleaseCard({ release }: { release: Release }) {
  return (
    <Card component="article">
      <Group gap="xs" mb="xs">
        <Title order={2}>{release.version}</Title>
        {release.breaking && <Badge color="red">Breaking</Badge>}
        {release.date && (
          <Text size="xs" c="dimmed">
            {date(release.date)}
          </Text>
        )}
      </Group>
      <Stack gap="sm">
        {Object.entries(release.sections).map(([title, items]) => (
          <div key={title}>
            <Text size="xs" fw={600} c="dimmed">
              {title}
            </Text>
            <List size="sm" spacing={4} mt={4}>
              {items.map((item) => (
                <List.Item key={item}>{plain(item)}</List.Item>
              ))}
            </List>
          </div>
        ))}
      </Stack>
    </Card>
  )
}
