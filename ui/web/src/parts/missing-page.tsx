import { Link } from "wouter";
import { useSpeech } from "../i18n/provider";
import { Empty } from "./empty";
import type { Shape } from "./icon";
import { Title } from "./title";

interface Props {
  shape: Shape;
  title: string;
  /** Where to go instead, and what that is called. */
  href: string;
  way: string;
}

/** In the place of a page that does not exist, or that is about what does not. */
export function MissingPage({ shape, title, href, way }: Props) {
  const { t } = useSpeech();
  return (
    <div className="page">
      <Title unseen>{title}</Title>
      <Empty shape={shape} title={title} text={t("notFoundText")}><Link href={href} className="button">{way}</Link></Empty>
    </div>
  );
}
