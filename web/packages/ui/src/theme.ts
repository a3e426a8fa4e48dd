import {
  ActionIcon,
  Badge,
  Button,
  Card,
  type CSSVariablesResolver,
  createTheme,
  Drawer,
  Input,
  type MantineColorsTuple,
  Menu,
  Modal,
  Notification,
  SegmentedControl,
  Select,
  Table,
  Tabs,
  Tooltip,
} from "@mantine/core"

const iris: MantineColorsTuple = [
  "#eef0fd",
  "#dadefa",
  "#b4bcf3",
  "#97a3ff",
  "#6573e6",
  "#4c5bdd",
  "#3f4fd8",
  "#3848d0",
  "#2f3db3",
  "#262f8c",
]

const dark: MantineColorsTuple = [
  "#e6e9ef",
  "#c3c9d4",
  "#9aa3b2",
  "#6d7686",
  "#3a4250",
  "#262c36",
  "#1b2029",
  "#151920",
  "#0e1116",
  "#090b0f",
]

const closeButtonProps = { "aria-label": "Close" }

/** Four font sizes: 12 captions and chips, 13 body, 16 section titles, 22 page titles and headlines. */
export const theme = createTheme({
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SFMono-Regular', Menlo, Consolas, monospace",
  colors: { iris, dark },
  primaryColor: "iris",
  primaryShade: { light: 7, dark: 5 },
  autoContrast: true,
  luminanceThreshold: 0.35,
  defaultRadius: 6,
  cursorType: "pointer",
  respectReducedMotion: true,
  fontSizes: { xs: "12px", sm: "13px", md: "13px", lg: "16px", xl: "22px" },
  lineHeights: { xs: "1.4", sm: "1.5", md: "1.5", lg: "1.4", xl: "1.25" },
  spacing: { xs: "8px", sm: "12px", md: "16px", lg: "24px", xl: "32px" },
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "22px", lineHeight: "1.25" },
      h2: { fontSize: "16px", lineHeight: "1.4" },
      h3: { fontSize: "13px", lineHeight: "1.5" },
    },
  },
  components: {
    Button: Button.extend({ defaultProps: { size: "xs" }, styles: { root: { fontWeight: 550 } } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle", color: "gray" } }),
    Badge: Badge.extend({
      defaultProps: { variant: "light", size: "sm", radius: 4 },
      styles: {
        root: { textTransform: "none", fontWeight: 550, letterSpacing: 0, fontSize: "12px", height: "20px" },
      },
    }),
    Card: Card.extend({
      defaultProps: { withBorder: true, padding: "md", radius: 8 },
      styles: { root: { backgroundColor: "var(--tt-surface)", borderColor: "var(--tt-line)" } },
    }),
    Table: Table.extend({ defaultProps: { verticalSpacing: 7, horizontalSpacing: 12 } }),
    // An open menu focuses its first item: the placeholder that Mantine focuses is no child a menu may have.
    Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false } }),
    Tabs: Tabs.extend({ defaultProps: { keepMounted: false } }),
    Select: Select.extend({ defaultProps: { size: "xs", allowDeselect: false } }),
    SegmentedControl: SegmentedControl.extend({
      defaultProps: { size: "xs" },
      styles: { root: { backgroundColor: "var(--tt-sunken)", border: "1px solid var(--tt-line)" } },
    }),
    Tooltip: Tooltip.extend({
      defaultProps: {
        openDelay: 250,
        multiline: true,
        maw: 280,
        withArrow: true,
        events: { hover: true, focus: true, touch: true },
      },
    }),
    // Help is below the input, so that the inputs of a row are on one line.
    InputWrapper: Input.Wrapper.extend({
      defaultProps: { inputWrapperOrder: ["label", "input", "description", "error"] },
    }),
    Modal: Modal.extend({
      defaultProps: { centered: true, transitionProps: { duration: 120 }, closeButtonProps },
    }),
    Notification: Notification.extend({ defaultProps: { closeButtonProps } }),
    Drawer: Drawer.extend({
      defaultProps: { position: "right", transitionProps: { duration: 120 }, closeButtonProps },
    }),
  },
})

const surfaces = {
  "--mantine-color-body": "var(--tt-surface)",
  "--mantine-color-text": "var(--tt-text)",
  "--mantine-color-dimmed": "var(--tt-muted)",
  "--mantine-color-default-border": "var(--tt-line)",
  "--mantine-color-placeholder": "var(--tt-muted)",
  "--mantine-color-error": "var(--tt-loss)",
  "--mantine-color-anchor": "var(--tt-accent)",
  "--mantine-color-iris-light": "var(--tt-accent-soft)",
  "--mantine-color-iris-light-color": "var(--tt-accent)",
  "--mantine-color-red-filled": "var(--tt-live-fill)",
  "--mantine-color-red-filled-hover": "var(--tt-live-fill)",
  // Dangerous items of a menu.
  "--mantine-color-red-6": "var(--tt-loss)",
  "--mantine-color-red-light": "var(--tt-loss-soft)",
  "--mantine-color-red-light-color": "var(--tt-loss)",
  "--mantine-color-green-light": "var(--tt-gain-soft)",
  "--mantine-color-green-light-color": "var(--tt-gain)",
  "--mantine-color-yellow-light": "var(--tt-warn-soft)",
  "--mantine-color-yellow-light-color": "var(--tt-warn)",
  "--mantine-color-gray-light": "var(--tt-line)",
  "--mantine-color-gray-light-color": "var(--tt-text)",
}

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: surfaces,
  dark: { ...surfaces, "--mantine-color-default": "var(--tt-surface)" },
})
