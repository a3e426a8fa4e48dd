import { Drawer, type DrawerRootProps, Modal, type ModalRootProps } from "@mantine/core"
import { type ReactNode, useEffect, useState } from "react"
import { useKillSwitchAsked } from "../kill-switch/asked"
import { KillSwitch } from "../kill-switch/kill-switch"
import classes from "./dialog.module.css"

interface Head {
  title: ReactNode
  children: ReactNode
}

const SOON = { duration: 120 }

/** The library gives focus back where a dialog stays mounted; this does where it goes away when closed. */
function useFocusBack(): void {
  const [before] = useState(() => document.activeElement)
  useEffect(
    () => () => {
      setTimeout(() => {
        const isNowhere = document.activeElement === null || document.activeElement === document.body
        if (isNowhere && before instanceof HTMLElement) before.focus({ preventScroll: true })
      })
    },
    [before],
  )
}

/** A dialog; it covers the bar, so the kill switch stands in its head. */
export function Dialog({ title, children, ...root }: Head & Omit<ModalRootProps, "title" | "children">) {
  const isBelow = useKillSwitchAsked()
  useFocusBack()
  return (
    <Modal.Root centered transitionProps={SOON} closeOnEscape={!isBelow} trapFocus={!isBelow} {...root}>
      <Modal.Overlay />
      <Modal.Content>
        <Modal.Header className={classes.head}>
          <Modal.Title className={classes.title}>{title}</Modal.Title>
          <Modal.CloseButton className={classes.close} aria-label="Close" />
          <KillSwitch />
        </Modal.Header>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  )
}

/** The same from the right edge, beside what it is about. */
export function SideDialog({ title, children, ...root }: Head & Omit<DrawerRootProps, "title" | "children">) {
  const isBelow = useKillSwitchAsked()
  useFocusBack()
  return (
    <Drawer.Root
      position="right"
      transitionProps={SOON}
      closeOnEscape={!isBelow}
      trapFocus={!isBelow}
      {...root}
    >
      <Drawer.Overlay />
      <Drawer.Content>
        <Drawer.Header className={classes.head}>
          <Drawer.Title className={classes.title}>{title}</Drawer.Title>
          <Drawer.CloseButton className={classes.close} aria-label="Close" />
          <KillSwitch />
        </Drawer.Header>
        <Drawer.Body>{children}</Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  )
}
