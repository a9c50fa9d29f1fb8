//! Plans of random boards are checked, each check with a plan that it must refuse; and streams of newcomers starve nobody.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{Board, Pause, Plan, Waiting, plan};
use crate::domain::account::{Halt, HaltReason};
use crate::domain::attempt::{AttemptKind, Live, Stage};
use crate::domain::attention::{About, Ask};
use crate::domain::gate::Gates;
use crate::domain::ids::{AgentName, AttemptId, BranchName, ChunkName, ObjectId, UnitId};
use crate::domain::landing::Landing;
use crate::domain::new_unit::NewUnit;
use crate::domain::phase::{Phase, Phases};
use crate::domain::policy::Policy;
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;
use crate::domain::work_unit::{Activity, Admission, Leftovers, Proof, Status, Wait, WorkUnit};
use crate::domain::workspace::Base;
use proptest::prelude::{Just, Strategy, prop};
use proptest::strategy::ValueTree;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const NOW: Timestamp = Timestamp(1_000_000_000_000);

fn agent(name: &str) -> AgentName {
    AgentName::parse(name).unwrap()
}

fn chunk(id: i64) -> ChunkName {
    ChunkName::parse(format!("c{id}")).unwrap()
}

/// Reviews are played by another agent than everything else.
fn rules(max_agents: u32) -> Rules {
    Rules {
        policy: Policy { max_agents, max_review: 1, ..Policy::default() },
        phases: Phases::default(),
        setup: None,
        gates: Gates::default(),
        default_agent: agent("claude"),
        agents: BTreeMap::from([(Phase::Review, agent("codex"))]),
        accounts: BTreeMap::new(),
    }
}

fn unit(id: i64) -> WorkUnit {
    let new = NewUnit {
        chunk: chunk(id),
        phase: Phase::Implement,
        status: Status::Ready { wait: None },
        priority: 0,
        depends_on: BTreeSet::new(),
        explicit_deps: false,
        retain: false,
    };
    new.into_unit(UnitId(id), Timestamp(NOW.0 - 1_000_000 * id))
}

fn begin(unit: &mut WorkUnit) {
    let commit = ObjectId::parse("a".repeat(40)).unwrap();
    unit.base = Some(Base { branch: BranchName::parse("main").unwrap(), commit }.into());
}

fn give_process(unit: &mut WorkUnit, stage: Stage) {
    let attempt = AttemptId::parse(format!("00000000-0000-4000-8000-{:012}", unit.id.0)).unwrap();
    unit.live = Some(Live { attempt, kind: AttemptKind::Agent, agent: None, command: None, stage });
    begin(unit);
}

fn ask(about: About) -> Status {
    Status::NeedsAttention(Ask { since: NOW, reason: "why".into(), about })
}

fn question() -> About {
    let set = crate::domain::report::QuestionSet::new("q", vec![]);
    About::Question { set, answers: vec![] }
}

/// Puts a unit into one of the situations a plan may meet.
fn put(unit: &mut WorkUnit, situation: u8) {
    let later = NOW + Duration::from_secs(60);
    let wait = |until| Status::Ready { wait: Some(Wait { until, error: Some("529".into()) }) };
    unit.status = match situation {
        0..=3 => Status::Ready { wait: None },
        4 => Status::Blocked { by: BTreeSet::from([chunk(99)]) },
        5 | 7 => wait(later),
        6 | 8 => wait(NOW),
        9 => ask(About::Failure),
        10 => Status::Running(Activity::Landing(Landing::Merging)),
        11 => Status::Pending(Admission::Held),
        12 => Status::Done { proof: Proof::Operator, leftovers: Leftovers::Nothing },
        13 => Status::Canceled { leftovers: Leftovers::Nothing },
        14 | 15 => Status::Running(Activity::Agent),
        16 | 17 => ask(question()),
        _ => Status::Ready { wait: None },
    };
    match situation {
        14 | 15 => give_process(unit, Stage::Working),
        16..=18 => give_process(unit, Stage::Warm),
        19 => give_process(unit, Stage::Stopping(crate::domain::attempt::Ladder::Suspend)),
        3 | 10 => begin(unit),
        _ => {}
    }
}

/// One that is over but for its after-effects, one that is not, or a missing login.
fn halt(kind: u8) -> Halt {
    let why = match kind {
        0 => HaltReason::Limit { until: NOW },
        1 => HaltReason::Limit { until: NOW + Duration::from_secs(60) },
        _ => HaltReason::Login,
    };
    Halt { since: NOW, why, message: "no".into() }
}

fn boards() -> impl Strategy<Value = (Board, Rules)> {
    let phase = prop::sample::select(vec![Phase::Plan, Phase::Implement, Phase::Review]);
    let one = (0..20_u8, phase, -3..4_i32, prop::collection::btree_set(1..12_i64, 0..2));
    let pause = prop::option::weighted(0.1, Just(Pause::Operator));
    let pairs = prop::collection::vec((1..12_i64, 1..12_i64), 0..8);
    let halts = prop::collection::btree_map(prop::sample::select(vec!["claude", "codex"]), 0..3_u8, 0..2);
    (prop::collection::vec(one, 1..12), pairs, pause, halts, 1..5_u32).prop_map(
        |(units, pairs, pause, halts, slots)| {
            let made = (1_i64..).zip(units).map(|(id, (situation, phase, priority, needs))| {
                let mut unit = unit(id);
                (unit.phase, unit.priority) = (phase, priority);
                unit.depends_on = needs.into_iter().filter(|need| *need != id).map(chunk).collect();
                put(&mut unit, situation);
                (UnitId(id), unit)
            });
            let apart = pairs.into_iter().filter(|(a, b)| a < b).map(|(a, b)| (UnitId(a), UnitId(b))).collect();
            let halts = halts.into_iter().map(|(account, kind)| (agent(account), halt(kind))).collect();
            (Board { units: made.collect(), apart, halts, pause, ..Board::default() }, rules(slots))
        },
    )
}

fn ensure(holds: bool, complaint: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(complaint.to_owned()) }
}

/// What must be true of every plan.
fn check(board: &Board, rules: &Rules, plan: &Plan) -> Result<(), String> {
    let begins: BTreeSet<UnitId> = plan.dispatch.iter().copied().collect();
    let busy = |phase: Option<Phase>| {
        let holds = board.units.values().filter(|unit| unit.holds_slot() || begins.contains(&unit.id));
        u32::try_from(holds.filter(|unit| phase.is_none_or(|phase| unit.phase == phase)).count()).unwrap()
    };
    let idle = begins.is_empty();
    ensure(idle || busy(None) <= rules.policy.max_agents, "slots: more agents than slots")?;
    let reviews = begins.iter().any(|id| board.units[id].phase == Phase::Review);
    ensure(!reviews || busy(Some(Phase::Review)) <= rules.policy.max_review, "slots: more reviews than slots")?;
    ensure(idle || board.pause.is_none(), "pause: something starts")?;
    for id in &begins {
        starts(board, rules, &board.units[id])?;
    }
    for (a, b) in &board.apart {
        let (Some(one), Some(other)) = (board.units.get(a), board.units.get(b)) else { continue };
        let at_work = |unit: &WorkUnit| unit.has_begun() || begins.contains(&unit.id);
        let was = one.has_begun() && other.has_begun();
        let settled = waits_for(board, one, other) || waits_for(board, other, one);
        let overlap = at_work(one) && at_work(other);
        ensure(was || settled || !overlap, "apart: both of a pair are at work")?;
    }
    for unit in board.units.values() {
        let said = usize::from(begins.contains(&unit.id))
            + usize::from(plan.waiting.contains_key(&unit.id))
            + usize::from(plan.lost.iter().any(|(id, _)| *id == unit.id));
        let waits = matches!(unit.status, Status::Ready { .. } | Status::Blocked { .. });
        ensure(said == usize::from(waits), "waiting: not exactly one word about each unit that waits")?;
    }
    let warm = board.units.values().filter(|unit| {
        unit.ask().is_some()
            && unit.live.as_ref().is_some_and(|live| live.stage == Stage::Warm)
            && !plan.cool.contains(&unit.id)
    });
    ensure(warm.count() <= rules.policy.max_warm as usize, "warm: too many are kept")
}

/// Whether `unit` cannot go on before `other` is done, because its dependencies say so.
fn waits_for(board: &Board, unit: &WorkUnit, other: &WorkUnit) -> bool {
    let rests = matches!(unit.status, Status::Ready { .. } | Status::Blocked { .. });
    let mut needs = unit.depends_on.clone();
    for _ in 0..board.units.len() {
        let further = board.units.values().filter(|one| !one.is_terminal() && needs.contains(&one.chunk));
        let further: Vec<ChunkName> = further.flat_map(|one| one.depends_on.clone()).collect();
        needs.extend(further);
    }
    rests && needs.contains(&other.chunk)
}

/// What must be true of a unit that starts.
fn starts(board: &Board, rules: &Rules, unit: &WorkUnit) -> Result<(), String> {
    let over = match &unit.status {
        Status::Ready { wait } => wait.as_ref().is_none_or(|wait| wait.until <= NOW),
        Status::Blocked { .. } => true,
        _ => false,
    };
    ensure(over, "ready: what is not ready starts")?;
    ensure(unit.live.as_ref().is_none_or(|live| live.stage == Stage::Warm), "process: its last one is still there")?;
    let met = |need: &ChunkName| {
        board.units.values().any(|other| other.chunk == *need && matches!(other.status, Status::Done { .. }))
    };
    ensure(unit.depends_on.iter().all(met), "dependency: it starts before what it depends on")?;
    let halt = board.halts.get(rules.account_of(rules.agent_for(unit.phase)));
    let open = halt.is_none_or(|halt| match halt.why {
        HaltReason::Limit { until } => until <= NOW,
        HaltReason::Login => false,
    });
    ensure(unit.live.is_some() || open, "account: it starts without allowance or login")
}

#[test]
fn every_plan_of_every_board_holds() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..4_000 {
        let (board, rules) = boards().new_tree(&mut runner).unwrap().current();
        if let Err(why) = check(&board, &rules, &plan(&board, &rules, NOW)) {
            unreachable!("{why}\n{:#?}\n{:#?}", plan(&board, &rules, NOW), board);
        }
    }
}

type Fault = fn(&Board, &mut Plan);

#[test]
fn every_check_catches_a_faulty_plan() {
    let faults: [(&str, Fault); 8] = [
        ("slots", |board, plan| everything(board, plan, |unit| unit.live.is_none())),
        ("ready", |board, plan| everything(board, plan, |_| true)),
        ("apart", |board, plan| everything(board, plan, |unit| matches!(unit.status, Status::Ready { wait: None }))),
        ("dependency", |board, plan| everything(board, plan, |unit| !unit.depends_on.is_empty())),
        ("account", |board, plan| everything(board, plan, |unit| unit.phase == Phase::Review)),
        ("process", |board, plan| everything(board, plan, |unit| unit.live.is_some())),
        ("waiting", |_, plan| drop(plan.waiting.pop_first())),
        ("warm", |_, plan| plan.cool.clear()),
    ];
    for (name, fault) in faults {
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let caught = (0..4_000).any(|_| {
            let (board, rules) = boards().new_tree(&mut runner).unwrap().current();
            let mut faulty = plan(&board, &rules, NOW);
            fault(&board, &mut faulty);
            check(&board, &rules, &faulty).is_err_and(|why| why.starts_with(name))
        });
        assert!(caught, "nothing catches a plan without regard for {name}");
    }
}

/// Starts all that are wanted, whatever speaks against it.
fn everything(board: &Board, plan: &mut Plan, wanted: impl Fn(&WorkUnit) -> bool) {
    for unit in board.units.values().filter(|unit| wanted(unit)) {
        plan.waiting.remove(&unit.id);
        plan.dispatch.push(unit.id);
    }
}

#[test]
fn after_a_limit_the_units_of_an_account_start_one_after_the_other() {
    let rules = Rules { policy: Policy { resume_stagger: Duration::from_secs(10), ..rules(4).policy }, ..rules(4) };
    let back = NOW + Duration::from_secs(60);
    let limit = Halt { since: NOW, why: HaltReason::Limit { until: back }, message: "limit".into() };
    let mut board = Board { units: (1..=6).map(|id| (UnitId(id), unit(id))).collect(), ..Board::default() };
    board.halts.insert(agent("claude"), limit);
    let first = plan(&board, &rules, NOW);
    let until: BTreeSet<Timestamp> = first
        .waiting
        .values()
        .filter_map(|waiting| match waiting {
            Waiting::Account { until, .. } => Some(*until),
            _ => None,
        })
        .collect();
    assert_eq!(first.dispatch, []);
    assert_eq!((first.waiting.len(), until.first().copied(), first.wake), (6, Some(back), Some(back)));
    assert!(until.len() > 3, "each has a moment of its own: {until:?}");

    let (mut now, mut starts) = (NOW, Vec::new());
    while starts.len() < 4 {
        let plan = plan(&board, &rules, now);
        for id in plan.dispatch {
            starts.push(now.since(back).as_secs());
            give_process(board.units.get_mut(&id).unwrap(), Stage::Working);
            board.units.get_mut(&id).unwrap().status = Status::Running(Activity::Agent);
            board.started.insert(agent("claude"), now);
        }
        now = plan.wake.unwrap_or(now + Duration::from_secs(1));
    }
    assert_eq!(starts, [0, 10, 20, 30]);
    let review = WorkUnit { phase: Phase::Review, ..unit(7) };
    board.units = BTreeMap::from([(UnitId(7), review)]);
    assert_eq!(plan(&board, &rules, NOW).dispatch, [UnitId(7)], "another agent, another account");
}

#[test]
fn whoever_depends_on_a_renamed_chunk_waits_for_the_unit() {
    let (mut renamed, mut dependent) = (unit(1), unit(2));
    renamed.formerly = BTreeSet::from([chunk(9)]);
    dependent.depends_on = BTreeSet::from([chunk(9)]);
    let mut board = Board { units: BTreeMap::from([(UnitId(1), renamed), (UnitId(2), dependent)]), ..Board::default() };
    let first = plan(&board, &rules(4), NOW);
    assert_eq!((first.dispatch, first.lost), (vec![UnitId(1)], vec![]));
    assert_eq!(first.blockers, [(UnitId(2), BTreeSet::from([chunk(1)]))]);
    assert_eq!(first.behind[&chunk(1)].count, 1);
    put(board.units.get_mut(&UnitId(1)).unwrap(), 12);
    assert_eq!(plan(&board, &rules(4), NOW).dispatch, [UnitId(2)]);
}

type Planner = fn(&Board, &Rules, Timestamp) -> Plan;

/// A patient unit among newcomers that are more important and last `work` rounds of ten minutes each; how long it waited, in rounds.
fn patience(planner: Planner, priority: i32, slots: u32, apart: bool, work: usize) -> Option<usize> {
    const ROUNDS: usize = 2_000;
    let rules = rules(slots);
    let mut board = Board { units: BTreeMap::from([(UnitId(0), unit(0))]), ..Board::default() };
    let mut ends: BTreeMap<UnitId, usize> = BTreeMap::new();
    for round in 0..ROUNDS {
        let now = NOW + Duration::from_secs(600) * u32::try_from(round).unwrap();
        ends.retain(|id, end| {
            if *end == round {
                board.units.remove(id);
            }
            *end > round
        });
        for _ in 0..slots {
            let mut newcomer = unit(i64::try_from(board.apart.len() + round * 4 + 1).unwrap());
            newcomer.id = UnitId(i64::try_from(round * 10 + board.units.len()).unwrap() + 1_000);
            newcomer.chunk = chunk(newcomer.id.0);
            (newcomer.priority, newcomer.created_at, newcomer.updated_at) = (priority, now, now);
            if apart {
                board.apart.insert((UnitId(0), newcomer.id));
            }
            board.units.insert(newcomer.id, newcomer);
        }
        let planned = planner(&board, &rules, now);
        for (id, by) in planned.blockers {
            let blocked = board.units.get_mut(&id).unwrap();
            blocked.updated_at = now;
            blocked.status = if by.is_empty() { Status::Ready { wait: None } } else { Status::Blocked { by } };
        }
        for id in planned.dispatch {
            if id == UnitId(0) {
                return Some(round);
            }
            let starts = board.units.get_mut(&id).unwrap();
            starts.status = Status::Running(Activity::Agent);
            give_process(starts, Stage::Working);
            // Those that start together end one after the other.
            ends.insert(id, round + work + ends.len());
        }
        // Newcomers that found no slot lose interest, or the board would grow for ever.
        board.units.retain(|id, unit| *id == UnitId(0) || unit.has_begun());
        board.apart.retain(|(_, other)| board.units.contains_key(other));
    }
    None
}

#[test]
fn nobody_starves() {
    for priority in [0, 5, 100] {
        for slots in 1..4 {
            for apart in [false, true] {
                let waited = patience(plan, priority, slots, apart, 2);
                assert!(waited.is_some(), "priority {priority}, {slots} slots, apart: {apart}");
            }
        }
    }
}

#[test]
fn the_simulation_notices_a_planner_that_does_not_count_waiting() {
    let forgetful: Planner = |board, rules, now| {
        let mut board = board.clone();
        for unit in board.units.values_mut() {
            (unit.created_at, unit.updated_at) = (now, now);
        }
        plan(&board, rules, now)
    };
    assert_eq!(patience(forgetful, 5, 1, false, 2), None);
}

fn planned(units: Vec<WorkUnit>, apart: &[(i64, i64)]) -> Plan {
    let units = units.into_iter().map(|unit| (unit.id, unit)).collect();
    let apart = apart.iter().map(|(a, b)| (UnitId(*a), UnitId(*b))).collect();
    plan(&Board { units, apart, ..Board::default() }, &rules(4), NOW)
}

#[test]
fn a_unit_that_waits_for_the_clock_keeps_its_wait_whoever_is_in_its_way() {
    let (mut first, mut second) = (unit(1), unit(2));
    put(&mut first, 14);
    put(&mut second, 7);
    let plan = planned(vec![first, second], &[(1, 2)]);
    assert!(plan.blockers.is_empty() && matches!(plan.waiting[&UnitId(2)], Waiting::Until(_)));
    assert_eq!(plan.wake, Some(NOW + Duration::from_secs(60)));
}

#[test]
fn a_dependency_settles_the_order_of_a_pair_that_must_not_overlap() {
    let (mut first, second) = (unit(1), unit(2));
    begin(&mut first);
    first.depends_on = BTreeSet::from([chunk(3)]);
    let mut between = unit(3);
    between.depends_on = BTreeSet::from([chunk(2)]);
    assert_eq!(planned(vec![first, second, between], &[(1, 2)]).dispatch, [UnitId(2)]);
}

#[test]
fn a_dependency_that_will_not_come_is_lost_and_a_done_one_is_met() {
    let (mut first, mut second, mut third) = (unit(1), unit(2), unit(3));
    put(&mut first, 13);
    second.depends_on = BTreeSet::from([chunk(1)]);
    third.depends_on = BTreeSet::from([chunk(4)]);
    let mut fourth = unit(4);
    put(&mut fourth, 12);
    let plan = planned(vec![first, second, third, fourth], &[]);
    assert_eq!(plan.lost, [(UnitId(2), BTreeSet::from([chunk(1)]))]);
    assert_eq!(plan.dispatch, [UnitId(3)]);
}

#[test]
fn the_longest_chain_goes_first_then_priority_then_age() {
    let mut units: Vec<WorkUnit> = (1..=5).map(unit).collect();
    units[0].priority = 5;
    units[4].depends_on = BTreeSet::from([chunk(2)]);
    let plan = planned(units, &[]);
    // 2 has somebody behind it; 1 is more important than 3 and 4, of which 4 is older.
    assert_eq!(plan.dispatch, [2, 1, 4, 3].map(UnitId));
    assert_eq!(plan.waiting[&UnitId(5)], Waiting::Chunks(BTreeSet::from([chunk(2)])));
}

#[test]
fn warm_processes_are_cooled_when_they_are_too_many_or_wait_too_long() {
    let mut units: Vec<WorkUnit> = (1..=3).map(unit).collect();
    for (unit, since) in units.iter_mut().zip([0, 20, 10]) {
        put(unit, 16);
        let since = NOW + Duration::from_secs(since);
        unit.status = Status::NeedsAttention(Ask { since, reason: "why".into(), about: question() });
    }
    let board = Board { units: units.into_iter().map(|unit| (unit.id, unit)).collect(), ..Board::default() };
    let rules = rules(4);
    let soon = plan(&board, &rules, NOW + Duration::from_secs(30));
    assert_eq!(soon.cool, [UnitId(1)]);
    assert_eq!(soon.wake, Some(NOW + rules.policy.warm_for + Duration::from_secs(10)));
    assert_eq!(plan(&board, &rules, NOW + Duration::from_secs(600)).cool, [1, 3, 2].map(UnitId));
}

#[test]
fn what_is_being_prepared_keeps_others_away_and_what_nobody_has_looked_at_keeps_away_from_all() {
    let mut first = unit(1);
    first.status = Status::Assigned;
    let waits = planned(vec![first.clone(), unit(2)], &[(1, 2)]);
    assert_eq!(waits.dispatch, []);
    assert_eq!(waits.blockers, [(UnitId(2), BTreeSet::from([chunk(1)]))]);

    let units = [first, unit(2), unit(3)].map(|unit| (unit.id, unit));
    let unknown = BTreeSet::from([UnitId(2)]);
    let board = Board { units: BTreeMap::from(units), unknown, ..Board::default() };
    assert_eq!(plan(&board, &rules(4), NOW).dispatch, [UnitId(3)]);
}

#[test]
fn a_unit_that_nobody_has_looked_at_overlaps_with_nobody_and_is_not_blocked_for_that() {
    let mut first = unit(1);
    put(&mut first, 14);
    let units = [first, unit(2), unit(3)].map(|unit| (unit.id, unit));
    let unknown = BTreeSet::from([UnitId(2)]);
    let seen = plan(&Board { units: BTreeMap::from(units.clone()), unknown, ..Board::default() }, &rules(4), NOW);
    assert_eq!((seen.dispatch, seen.blockers), (vec![UnitId(3)], vec![]));
    assert_eq!(seen.waiting[&UnitId(2)], Waiting::Chunks(BTreeSet::from([chunk(1), chunk(3)])));
    let unknown = BTreeSet::from([UnitId(1)]);
    let seen = plan(&Board { units: BTreeMap::from(units), unknown, ..Board::default() }, &rules(4), NOW);
    assert!(seen.dispatch.is_empty() && seen.blockers.is_empty());
}
