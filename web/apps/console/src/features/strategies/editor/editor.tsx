import { Badge, SegmentedControl, Skeleton } from "@mantine/core"
import { useNavigate, useSearch } from "@tanstack/react-router"
import { lazy, Suspense, useMemo } from "react"
import { PageHeader } from "@/components/page/page-header"
import { ScrollRegion } from "@/components/page/scroll-region"
import { Section } from "@/components/page/section"
import type { Catalogue, Strategy } from "@/lib/queries/strategies"
import { Blocks } from "./blocks/blocks"
import classes from "./editor.module.css"
import { ConflictNotice } from "./header/conflict-notice"
import { EditorActions } from "./header/editor-actions"
import { Identity } from "./header/identity"
import { Versions } from "./header/versions"
import { EnglishPanel } from "./preview/english-panel"
import { Problems } from "./preview/problems"
import { EditingProvider } from "./state/editor-context"
import { useStrategyEditor } from "./state/use-strategy-editor"

const JsonView = lazy(() => import("./json-view"))
const SymbolTest = lazy(() => import("./preview/symbol-test"))

const VIEWS = [
  { value: "rules", label: "Rules" },
  { value: "json", label: "JSON" },
  { value: "english", label: "English" },
  { value: "test", label: "Test on a stock" },
  { value: "versions", label: "Versions" },
]

interface Props {
  strategy: Strategy
  catalogue: Catalogue
}

/** The strategy editor: forms, JSON and plain English of one document, validated on every change. */
export function Editor({ strategy, catalogue }: Props) {
  const { view = "rules", at } = useSearch({ from: "/frame/strategies/$id" })
  const navigate = useNavigate({ from: "/strategies/$id" })
  const editor = useStrategyEditor(strategy)
  const { document, problems, change } = editor
  const isReadOnly = !strategy.is_mine
  const editing = useMemo(
    () => ({ document, catalogue, problems, isReadOnly, change }),
    [document, catalogue, problems, isReadOnly, change],
  )
  const english = <EnglishPanel english={editor.english} isStale={editor.isChecking || problems.length > 0} />
  const hasSide = view === "rules" || view === "json"
  return (
    <EditingProvider value={editing}>
      <PageHeader
        title={document.name || "Unnamed strategy"}
        crumbs={[{ label: "Strategies", to: "/strategies" }]}
        chips={<Chips strategy={strategy} isChanged={editor.isChanged} problems={problems.length} />}
        action={<EditorActions strategy={strategy} editor={editor} />}
      />
      <ConflictNotice editor={editor} />
      <SegmentedControl
        data={VIEWS}
        value={view}
        onChange={(next) =>
          navigate({ search: { view: next === "rules" ? undefined : next }, replace: true })
        }
        mb="md"
        aria-label="View of the strategy"
        style={{ maxWidth: "100%", overflowX: "auto" }}
      />
      <div className={hasSide ? classes.columns : undefined}>
        <div style={{ minWidth: 0 }}>
          {view === "rules" && (
            <>
              <Identity />
              <Blocks />
            </>
          )}
          <Suspense fallback={<Skeleton height={400} />}>
            {view === "json" && <JsonView at={at ?? problems[0]?.pointer} />}
            {view === "test" && <SymbolTest />}
          </Suspense>
          {view === "english" && <Section title="In plain English">{english}</Section>}
          {view === "versions" && <Versions strategy={strategy} editor={editor} />}
        </div>
        {hasSide && (
          <aside className={classes.side} aria-label="Rules in plain English">
            <ScrollRegion className={classes.sideScroll} label="Problems and English">
              <Problems
                problems={problems}
                onOpen={(pointer) => navigate({ search: { view: "json", at: pointer } })}
              />
              <Section title="In plain English">{english}</Section>
            </ScrollRegion>
          </aside>
        )}
      </div>
    </EditingProvider>
  )
}

function Chips({
  strategy,
  isChanged,
  problems,
}: {
  strategy: Strategy
  isChanged: boolean
  problems: number
}) {
  return (
    <>
      <Badge color="gray">{strategy.is_template ? "Template" : `v${strategy.version}`}</Badge>
      {strategy.is_public && !strategy.is_template && <Badge color="gray">Public</Badge>}
      {!strategy.is_mine && !strategy.is_template && (
        <Badge color="gray">by {strategy.owner.display_name}</Badge>
      )}
      {problems > 0 ? (
        <Badge color="red" role="status">
          {problems === 1 ? "1 problem" : `${problems} problems`}
        </Badge>
      ) : (
        isChanged && <Badge role="status">Not saved</Badge>
      )}
    </>
  )
}
