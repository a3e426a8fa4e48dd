import { useParams } from "@tanstack/react-router"
import { PageHeader } from "@/components/page-header"

export function WorkerRunPage() {
  const { id } = useParams({ from: "/frame/workers/$id" })
  return <PageHeader title={id} crumbs={[{ label: "Workers", to: "/workers" }]} />
}
