"""What a scenario is given, and where it comes from.

Nothing is defined here: the fixtures belong to the suite's pytest plugin, which the installation registers
(``fixtures.glue.plugin``, by the entry point in pyproject.toml), so that a team's own scenarios in another repository
have them, too.

=============  =======================================================================================================
``service``    The service that is released, as plan data (``conformance.plan.Service``): the scenario is carried out
               once for each that has a next version.
``topology``   All services and who calls whom (``conformance.plan.Topology``).
``load``       Describes the load: ``load()`` or ``load(rate=500)`` (``conformance.plan.Load``).
``release``    Plans a release, carries it out under the load, records and judges it, and returns the
               judged run (``fixtures.glue.judged_run.JudgedRun``).
``registry``   The registry of this scenario by its name; with ``--registry both`` each scenario runs on either.
=============  =======================================================================================================

All of them are in ``fixtures/glue/scenarios.py``, the options in ``fixtures/glue/options.py``. The tests of the suite
itself have their own in ``tests/conftest.py``.
"""
