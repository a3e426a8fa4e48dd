import { Group } from "@mantine/core"
import { useNavigate } from "@tanstack/react-router"
import { SearchX } from "lucide-react"
import { InstrumentSearch } from "@/components/inputs/instrument-search"
import { LinkButton } from "@/components/page/link-button"
import { PageHeader } from "@/components/page/page-header"
import { EmptyState } from "@/components/states/empty-state"

/** The names suggested by the error message: "…; did you mean NSE:INFY, NSE:INFOBEAN?" */
export function proposals(message: string): string[] {
  const found = /did you mean (.+)\?$/.exec(message)
  return found?.[1]?.split(", ") ?? []
}

/** Unknown instrument: suggestions and a search field. */
export function UnknownSymbol({ id, message }: { id: string; message: string }) {
  const navigate = useNavigate()
  const near = proposals(message)
  return (
    <>
      <PageHeader title={id} crumbs={[{ label: "Market", to: "/market" }]} />
      <EmptyState
        icon={<SearchX size={32} />}
        title={`There is no instrument ${id}`}
        action={
          <Group gap={8} justify="center">
            {near.map((one) => (
              <LinkButton key={one} to="/market/$id" params={{ id: one }} variant="default">
                {one}
              </LinkButton>
            ))}
            <InstrumentSearch
              label="Search for an instrument"
              width={240}
              onChoose={({ instrument }) => void navigate({ to: "/market/$id", params: { id: instrument } })}
            />
          </Group>
        }
      >
        {near.length > 0
          ? "Similar names are shown above. Expired contracts are no longer listed."
          : "Expired contracts are no longer listed. Search for another instrument."}
      </EmptyState>
    </>
  )
}
