import { Code, Switch } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { EmptyState } from "@tradertape/ui/components/empty-state.tsx"
import { ScrollRegion } from "@tradertape/ui/components/scroll-region.tsx"
import { ScrollText } from "lucide-react"
import { useState } from "react"
import { Loaded } from "@/components/loaded"
import { Page } from "@/components/page"
import { logsQuery } from "@/lib/queries"
import classes from "./logs.module.css"

const isLoud = (line: string) => / (WARNING|ERROR|CRITICAL) /.test(line)

/** The newest lines of the agent's log, newest first. */
export function LogsPage() {
  const [isShort, setShort] = useState(false)
  return (
    <Page
      title="Logs"
      note="The newest 500 lines. They stay on this machine and hold no secrets; look through them before you pass them on."
      action={
        <Switch
          label="Warnings only"
          checked={isShort}
          onChange={(event) => setShort(event.currentTarget.checked)}
        />
      }
    >
      <Loaded query={useQuery(logsQuery)} what="The log" shape={[320]}>
        {(lines) => <Lines lines={isShort ? lines.filter(isLoud) : lines} isShort={isShort} />}
      </Loaded>
    </Page>
  )
}

function Lines({ lines, isShort }: { lines: string[]; isShort: boolean }) {
  if (lines.length === 0)
    return (
      <EmptyState icon={<ScrollText size={30} />} title={isShort ? "No warnings" : "The log is empty"}>
        {isShort
          ? "Nothing went wrong in these lines."
          : "The agent writes a line for each poll, order and problem."}
      </EmptyState>
    )
  return (
    <ScrollRegion className={classes.frame} label="Log">
      {[...lines].reverse().map((line, place) => (
        <Code
          key={`${lines.length - place} ${line}`}
          block
          className={classes.line}
          data-loud={isLoud(line) || undefined}
        >
          {line}
        </Code>
      ))}
    </ScrollRegion>
  )
}
