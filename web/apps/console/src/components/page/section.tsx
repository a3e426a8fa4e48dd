import { Section as Shared } from "@tradertape/ui/components/section.tsx"

/** The card with a heading, as the agent's pages have it too. */
export const Section = Shared
