# A file manager's part in a drop: a window whose whole area drags the files named on the command line.
package require tkdnd
wm geometry . 200x200+0+0
wm overrideredirect . 1
label .files -text "drag" -width 40 -height 40
pack .files -fill both -expand 1
tkdnd::drag_source register .files DND_Files 1
bind .files <<DragInitCmd>> { list copy DND_Files $argv }
bind .files <<DragEndCmd>> { puts "end %A"; flush stdout }
puts ready
flush stdout
