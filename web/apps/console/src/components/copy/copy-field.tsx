import { Button, CopyButton } from "@mantine/core"
import { Check, Copy } from "lucide-react"
import classes from "./copy-field.module.css"

/** A secret that is shown once, with a copy button. */
export function CopyField({ value, label }: { value: string; label: string }) {
  return (
    <div className={classes.root}>
      <code>{value}</code>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <Button
            variant="default"
            size="compact-xs"
            leftSection={copied ? <Check size={13} /> : <Copy size={13} />}
            onClick={copy}
            aria-label={`Copy ${label}`}
          >
            {copied ? "Copied" : "Copy"}
          </Button>
        )}
      </CopyButton>
    </div>
  )
}
