//! How the screen looks. Pure: a state becomes cells.

use super::state::{Focus, Message, Mode, Order, State, Typing};
use crate::cli::attention::title;
use crate::cli::render::words::elapsed;
use crate::wire::attention::QueueItem;
use crate::wire::names::StatusName;
use crate::wire::unit::WorkUnit;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Clear, List, ListItem, ListState, Paragraph, Row, Table, TableState, Wrap};

/// Whether the screen may use colours; without them emphasis is all there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Palette {
    /// It may.
    Colours,
    /// `NO_COLOR` is set.
    Plain,
}

impl Palette {
    fn style(self, colour: Color) -> Style {
        match self {
            Palette::Colours => Style::new().fg(colour),
            Palette::Plain => Style::new(),
        }
    }

    fn status(self, status: StatusName) -> Style {
        match status {
            StatusName::Running | StatusName::Assigned => self.style(Color::Green),
            StatusName::NeedsAttention => self.style(Color::Yellow).add_modifier(Modifier::BOLD),
            StatusName::Failed => self.style(Color::Red),
            StatusName::Blocked | StatusName::Pending => self.style(Color::Blue),
            StatusName::Done | StatusName::Canceled | StatusName::Deleted => Style::new().add_modifier(Modifier::DIM),
            StatusName::Ready => Style::new(),
        }
    }
}

const KEYS: &str = "\
j k up down  choose a line         tab        units or attention
1 to 9       answer by number      a          answer in your own words
h            hold                  r          release, resume an account
i            interrupt, with words y          approve
t            retry                 s          skip the phase
c            cancel                + -        priority
P            pause, resume all     pgup pgdn  scroll the output
q            quit                  ?          these keys";

/// Draws all of it.
pub(super) fn draw(frame: &mut Frame<'_>, state: &State, palette: Palette) {
    let queue = u16::try_from(state.snapshot.items.len()).unwrap_or(u16::MAX).saturating_add(2).min(8);
    let queue = if state.snapshot.items.is_empty() { 0 } else { queue };
    let units = u16::try_from(state.snapshot.units.len()).unwrap_or(u16::MAX).saturating_add(3);
    let room = frame.area().height.saturating_sub(2 + queue);
    let [head, table, items, output, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(units.min(room.div_ceil(2)).max(4)),
        Constraint::Length(queue),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(Paragraph::new(header(state, palette)), head);
    draw_units(frame, table, state, palette);
    draw_items(frame, items, state, palette);
    draw_output(frame, output, state, palette);
    frame.render_widget(Paragraph::new(footer(state, palette)), foot);
    if state.mode == Mode::Help {
        draw_help(frame);
    }
}

fn header(state: &State, palette: Palette) -> Line<'static> {
    if let Some(why) = &state.away {
        let style = palette.style(Color::Red).add_modifier(Modifier::BOLD);
        return Line::styled(format!("the daemon is away, waiting for it: {why}"), style);
    }
    let Some(status) = &state.snapshot.status else { return Line::raw("ve orch top") };
    let name = status.project.as_deref().and_then(|path| path.rsplit('/').next()).unwrap_or("ve orch");
    let at_work = state.snapshot.units.iter().filter(|unit| unit.status == StatusName::Running).count();
    let mut spans = vec![
        Span::styled(name.to_owned(), Style::new().add_modifier(Modifier::BOLD)),
        Span::raw(format!("  up {}", elapsed(status.uptime_seconds.unwrap_or(0.0)))),
        Span::raw(format!("  {at_work} at work  {} units", state.snapshot.units.len())),
    ];
    spans.extend(
        status.paused.iter().map(|why| Span::styled(format!("  dispatch: {why}"), palette.style(Color::Yellow))),
    );
    Line::from(spans)
}

fn framed(title: String, has_focus: bool) -> Block<'static> {
    let style = if has_focus { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
    Block::new().borders(Borders::TOP).title(Span::styled(title, style))
}

fn chosen() -> Style {
    Style::new().add_modifier(Modifier::REVERSED)
}

fn draw_units(frame: &mut Frame<'_>, area: Rect, state: &State, palette: Palette) {
    let row = |unit: &WorkUnit| {
        Row::new(vec![
            Span::raw(unit.chunk.clone()),
            Span::raw(unit.phase.to_string()),
            Span::styled(unit.status.to_string(), palette.status(unit.status)),
            Span::raw(unit.priority.to_string()),
            Span::raw(note(unit)),
        ])
    };
    let widths = [
        Constraint::Fill(2),
        Constraint::Length(9),
        Constraint::Length(15),
        Constraint::Length(4),
        Constraint::Fill(3),
    ];
    let focus = state.focus == Focus::Units;
    let table = Table::new(state.snapshot.units.iter().map(row), widths)
        .header(Row::new(["CHUNK", "PHASE", "STATUS", "PRIO", ""]).style(Style::new().add_modifier(Modifier::DIM)))
        .block(framed(" Units ".to_owned(), focus))
        .row_highlight_style(if focus { chosen() } else { Style::new().add_modifier(Modifier::UNDERLINED) });
    let mut place = TableState::new().with_selected(state.unit_place());
    frame.render_stateful_widget(table, area, &mut place);
}

/// What there is to say about a unit beside its status.
fn note(unit: &WorkUnit) -> String {
    let said = [&unit.activity, &unit.waiting, &unit.attention_reason, &unit.failure];
    let first = said.into_iter().flatten().next().cloned();
    let blocked = || (!unit.blocked_by.is_empty()).then(|| format!("waits for {}", unit.blocked_by.join(", ")));
    first.or_else(blocked).unwrap_or_default().replace('\n', " ")
}

fn draw_items(frame: &mut Frame<'_>, area: Rect, state: &State, palette: Palette) {
    let line = |item: &QueueItem| {
        let attention = &item.attention;
        let asked = attention.questions.iter().find(|question| question.answer.is_none());
        let text = asked.map_or(&attention.reason, |question| &question.question).replace('\n', " ");
        ListItem::new(Line::from(vec![
            Span::styled(title(item), palette.status(StatusName::NeedsAttention)),
            Span::raw(format!("  {}  {}  ", attention.kind, elapsed(item.time_waiting))),
            Span::raw(if item.blocks_count > 0 { format!("frees {}  ", item.blocks_count) } else { String::new() }),
            Span::raw(text),
        ]))
    };
    let focus = state.focus == Focus::Items;
    let list = List::new(state.snapshot.items.iter().map(line))
        .block(framed(format!(" Attention ({}) ", state.snapshot.items.len()), focus))
        .highlight_style(if focus { chosen() } else { Style::new() });
    let mut place = ListState::default().with_selected(state.item_place());
    frame.render_stateful_widget(list, area, &mut place);
}

/// What the chosen entry asks, then what its unit says.
fn draw_output(frame: &mut Frame<'_>, area: Rect, state: &State, palette: Palette) {
    let scrolled = if state.output.is_followed() { "" } else { "(scrolled) " };
    let title = match &state.output.chunk {
        Some(chunk) => format!(" Output of {chunk} {scrolled}"),
        None => " Output ".to_owned(),
    };
    let block = framed(title, false);
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let detail = state.item().map_or_else(Vec::new, |item| detail(item, palette));
    let detail = Paragraph::new(detail).wrap(Wrap { trim: false });
    let lines: Vec<Line<'_>> = state.output.visible(usize::from(inside.height)).map(Line::raw).collect();
    let wanted = u16::try_from(wrapped(state, inside.width)).unwrap_or(u16::MAX);
    let [above, below] =
        Layout::vertical([Constraint::Length(wanted.min(inside.height)), Constraint::Fill(1)]).areas(inside);
    frame.render_widget(detail, above);
    // The last lines are the ones to see.
    let hidden = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_sub(below.height);
    frame.render_widget(Paragraph::new(lines).scroll((hidden, 0)), below);
}

/// How many lines the detail of the chosen entry takes.
fn wrapped(state: &State, width: u16) -> usize {
    let Some(item) = state.item() else { return 0 };
    let width = usize::from(width.max(1));
    detail(item, Palette::Plain).iter().map(|line| line.width().div_ceil(width).max(1)).sum()
}

fn detail(item: &QueueItem, palette: Palette) -> Vec<Line<'static>> {
    let attention = &item.attention;
    let strong = palette.style(Color::Yellow);
    let mut lines = Vec::new();
    let open = attention.questions.iter().find(|question| question.answer.is_none());
    match open {
        Some(question) => {
            let header = if question.header.is_empty() { String::new() } else { format!("{}: ", question.header) };
            let text = format!("{header}{}", question.question);
            lines.extend(text.lines().map(|line| Line::styled(line.to_owned(), strong)));
            lines.extend((1..).zip(&question.options).map(|(number, option)| {
                let meaning =
                    if option.description.is_empty() { String::new() } else { format!(": {}", option.description) };
                Line::raw(format!("  {number}) {}{meaning}", option.label))
            }));
        }
        None => lines.extend(attention.reason.lines().map(|line| Line::styled(line.to_owned(), strong))),
    }
    if !attention.pair.is_empty() {
        lines.push(Line::raw("  1) at once   2) one after the other"));
    }
    lines.extend(item.goal_summary.iter().map(|goal| Line::raw(format!("Goal: {}", goal.replace('\n', " ")))));
    lines.extend(item.chunk.iter().flat_map(|_| &attention.paths).map(|path| Line::raw(format!("Changes: {path}"))));
    let verbs = format!("Possible: {}", attention.verbs.join(", "));
    lines.push(Line::styled(verbs, Style::new().add_modifier(Modifier::DIM)));
    lines.push(Line::raw(""));
    lines
}

fn footer(state: &State, palette: Palette) -> Line<'static> {
    match &state.mode {
        Mode::Typing { what, text } => Line::from(vec![
            Span::styled(prompt(what), palette.style(Color::Yellow)),
            Span::raw(text.clone()),
            Span::styled(" ", chosen()),
        ]),
        Mode::Confirm(order) => {
            Line::styled(confirmation(order), palette.style(Color::Red).add_modifier(Modifier::BOLD))
        }
        Mode::Browse | Mode::Help => match &state.message {
            Some(Message::Done(text)) => Line::styled(text.clone(), palette.style(Color::Green)),
            Some(Message::Refused(text)) => Line::styled(text.clone(), palette.style(Color::Red)),
            None => Line::styled(
                "?  keys   tab  attention   1-9 a  answer   h r i c t  verbs   q  quit",
                Style::new().add_modifier(Modifier::DIM),
            ),
        },
    }
}

fn prompt(what: &Typing) -> String {
    match what {
        Typing::Answer { chunk, question: Some((number, _)) } if *number > 1 => {
            format!("answer {chunk}, question {number} (esc gives up): ")
        }
        Typing::Answer { chunk, .. } => format!("answer {chunk} (esc gives up): "),
        Typing::Interrupt(chunk) => format!("tell {chunk} (nothing: hold it; esc gives up): "),
    }
}

/// Says what is lost.
fn confirmation(order: &Order) -> String {
    match order {
        Order::Verb(chunk, "retry") => format!("retry {chunk}? its conversation begins anew [y/N]"),
        Order::Verb(chunk, "skip") => format!("skip this phase of {chunk}? it stays undone [y/N]"),
        Order::Verb(chunk, "cancel") => format!("cancel {chunk}? its work is kept in a ref only [y/N]"),
        Order::Verb(chunk, verb) => format!("{verb} {chunk}? [y/N]"),
        Order::Answer { .. }
        | Order::Interrupt(..)
        | Order::Prioritize(..)
        | Order::Resolve(..)
        | Order::Resume(_)
        | Order::Dispatch(_) => "sure? [y/N]".to_owned(),
    }
}

fn draw_help(frame: &mut Frame<'_>) {
    let area = frame.area();
    let lines = u16::try_from(KEYS.lines().count()).unwrap_or(u16::MAX).saturating_add(2);
    let width = 76.min(area.width);
    let place = Rect {
        x: area.width.saturating_sub(width) / 2,
        y: area.height.saturating_sub(lines) / 2,
        width,
        height: lines.min(area.height),
    };
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(KEYS).block(Block::bordered().title(" Keys ")), place);
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
