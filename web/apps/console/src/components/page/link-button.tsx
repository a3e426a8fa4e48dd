import { Button, type ButtonProps } from "@mantine/core"
import { createLink } from "@tanstack/react-router"
import type { AnchorHTMLAttributes, Ref } from "react"

type Props = ButtonProps &
  Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof ButtonProps> & { ref?: Ref<HTMLAnchorElement> }

function Anchored({ ref, ...props }: Props) {
  return <Button ref={ref} component="a" {...props} />
}

/** A button that links to a page; `to`, `params` and `search` are type-checked against the routes. */
export const LinkButton = createLink(Anchored)
