import { ActionIcon, CopyButton } from "@mantine/core"
import { Check, Copy } from "lucide-react"
import { ScrollRegion } from "../page/scroll-region"
import classes from "./code-block.module.css"

/** Text to copy into a terminal or an editor. */
export function CodeBlock({ code, label }: { code: string; label: string }) {
  return (
    <div className={classes.root}>
      <ScrollRegion label={`Code: ${label}`} className={classes.code}>
        <pre>{code}</pre>
      </ScrollRegion>
      <CopyButton value={code}>
        {({ copied, copy }) => (
          <ActionIcon
            className={classes.copy}
            onClick={copy}
            aria-label={copied ? "Copied" : `Copy ${label}`}
          >
            {copied ? <Check size={15} /> : <Copy size={15} />}
          </ActionIcon>
        )}
      </CopyButton>
    </div>
  )
}
