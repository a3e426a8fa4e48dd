import { Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Check } from "lucide-react"
import type { ReactNode } from "react"
import { LinkButton } from "@/components/page/link-button"
import { Section } from "@/components/page/section"
import { runsQuery } from "@/lib/queries/backtests"
import { overviewOfModelsQuery } from "@/lib/queries/models"
import { strategiesQuery } from "@/lib/queries/strategies"
import classes from "./home.module.css"

/** The steps for new users; only the next one has a button. Hidden once completed. */
export function NextSteps() {
  const mine = useQuery(strategiesQuery("mine"))
  const runs = useQuery(runsQuery())
  const models = useQuery(overviewOfModelsQuery)
  if (!mine.data || !runs.data || !models.data) return null
  const hasStrategy = mine.data.total > 0
  const hasRun = runs.data.total > 0
  const hasOwnRun = runs.data.items.some((run) => mine.data.items.some(({ id }) => id === run.strategy.id))
  const steps = [
    {
      done: hasStrategy,
      title: "Fork a template",
      text: "Five strategies come with TraderTape. Read one in plain English and make it yours.",
      button: (
        <LinkButton to="/strategies" search={{ tab: "templates" }}>
          See the templates
        </LinkButton>
      ),
    },
    {
      done: hasRun,
      title: "Run a backtest",
      text: "Ten years of the NIFTY 100, with charges, slippage and no look-ahead, in a few seconds.",
      button: (
        <LinkButton to="/backtests/new" search={{ strategy: mine.data.items[0]?.id }}>
          Set one up
        </LinkButton>
      ),
    },
    {
      done: hasOwnRun,
      title: "Change a rule and compare",
      text: "Save a variant of your strategy, run it over the same years, and compare the two equity curves.",
      button: <LinkButton to="/strategies">Your strategies</LinkButton>,
    },
    {
      done: models.data.portfolios > 0,
      title: "Paper-trade it",
      text: "Deploy it with money of its own, on paper: it proposes purchases after each trading day.",
      button: <LinkButton to="/strategies">Choose a strategy</LinkButton>,
    },
  ]
  const next = steps.find((step) => !step.done)
  if (!next) return null
  return (
    <Section title="Getting started" note="From a template to a portfolio on paper.">
      {steps.map((step, i) => (
        <Step
          key={step.title}
          number={i + 1}
          done={step.done}
          title={step.title}
          button={step === next && step.button}
        >
          {step.text}
        </Step>
      ))}
    </Section>
  )
}

interface StepProps {
  number: number
  done: boolean
  title: string
  children: string
  button: ReactNode
}

function Step({ number, done, title, children, button }: StepProps) {
  return (
    <div className={classes.step} data-done={done || undefined}>
      <span className={classes.mark}>{done ? <Check size={13} strokeWidth={3} /> : number}</span>
      <div className={classes.words}>
        <Text size="sm" fw={550}>
          {title}
        </Text>
        <Text size="sm" c="dimmed">
          {children}
        </Text>
      </div>
      {button}
    </div>
  )
}
